"""JupyterLab's files as a browser gets them from a seat: compressed, whole, and kept for ever."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from crepre_hub.ops.image_folders import find_image_folder
from crepre_hub.ops.images import render_verify_command
from crepre_hub.ops.stack import ensure_stack
from tests.labs.lab import Lab

SCRIPT = Path(__file__).with_name("in_static.py")
STACK = Path(__file__).parents[2] / "var" / "machine" / "stack" / "minimal"

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(params=["docker", "local"])
def told(request: pytest.FixtureRequest) -> Any:
    """What the script tells of a seat in a container, and of one in a local process."""
    if request.param == "docker":
        docker = request.getfixturevalue("docker_program")
        image = request.getfixturevalue("minimal_image")
        strict = render_verify_command(docker, image)
        command = [*strict[: strict.index(image)], "--interactive", image, "python", "-"]
    else:
        stack = ensure_stack(find_image_folder("minimal"), STACK, lambda step: None)
        command = [str(stack.python), "-"]
    done = subprocess.run(
        command,
        input=SCRIPT.read_text(),
        env={**os.environ, "JUPYTER_RUNTIME_DIR": "/tmp/jupyter-runtime"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_browser_is_sent_compressed_files(told: Any) -> None:
    """
    Each file is the same, byte for byte, packed and unpacked, in whole and in part.

    A version that the browser has is not sent again, and the packed one is not taken for the
    other; who takes no gzip gets the file as it is.
    """
    assert told.pop("wrong") == {}
    assert told.pop("twins") > 0.7 * told.pop("files") > 100
    assert told.pop("type") in ("application/javascript", "text/javascript")
    assert told == {
        "smaller": True,
        "cache": "public, max-age=31536000, immutable",
        "part": [206, True, None],
        "same": 304,
        "same-plain": 304,
        "other-tag": 200,
        "since": 304,
        "head": True,
        "refused": None,
        "twin": 200,
        "missing": 404,
        "outside": 404,
        "icon": "no-cache",
    }


def test_the_hubs_pages_are_sent_compressed(local_lab: Lab) -> None:
    """Through the proxy, as a browser gets them at the login."""
    url = f"{local_lab.url}/hub/static/css/style.min.css"
    sizes = []
    for header in ("gzip", "identity"):
        with urlopen(Request(url, headers={"Accept-Encoding": header}), timeout=10) as answer:
            sizes.append(len(answer.read()))
            assert answer.headers.get("Content-Encoding") == (header if header == "gzip" else None)
    assert sizes[0] < 0.3 * sizes[1]
