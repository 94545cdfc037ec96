"""Cells run by a real kernel, and what reaches the page."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from crepre_seat.verify.report import ensure

TIMEOUT_SECONDS = 90

PLOT = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([3, 1, 2]); plt.show()"


def run_cell(code: str) -> tuple[list[Mapping[str, str]], str]:
    """
    What *code* shows in a notebook, run by a fresh kernel of this environment.

    Returns:
        The displayed things, each by MIME type, and what was printed or warned.
    """
    from jupyter_client.manager import start_new_kernel

    shown: list[Mapping[str, str]] = []
    printed: list[str] = []

    def take(message: dict[str, Any]) -> None:
        content = message["content"]
        if "data" in content:
            shown.append(content["data"])
        if message["msg_type"] == "stream":
            printed.append(content["text"])

    manager, client = start_new_kernel(startup_timeout=TIMEOUT_SECONDS)
    try:
        reply = client.execute_interactive(code, timeout=TIMEOUT_SECONDS, output_hook=take)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    content = reply["content"]
    ensure(content["status"] == "ok", f"{content.get('ename')}: {content.get('evalue')}")
    return shown, "".join(printed)


def check_cell() -> str:
    """A cell runs."""
    _, printed = run_cell("print(6 * 7)")
    ensure(printed == "42\n", f"it printed {printed!r}")
    return "6 * 7 is 42"


def check_plot() -> str:
    """A notebook's plot reaches the page as a PNG with something on it."""
    shown, _ = run_cell(PLOT)
    return picture(shown)


def picture(shown: list[Mapping[str, str]]) -> str:
    """What is to be said about the pictures among *shown*; none, or an empty one, is an error."""
    data = [base64.b64decode(each["image/png"]) for each in shown if "image/png" in each]
    ensure(data, "the cell ran, and no picture came")
    for each in data:
        ensure_ink(each)
    return f"{sum(map(len, data))} bytes of PNG"


def ensure_ink(png: bytes) -> None:
    """There is something on a picture: more than two colours, and some of it dark."""
    from PIL import Image

    image = Image.open(BytesIO(png)).convert("RGBA")
    page = Image.new("RGBA", image.size, "white")
    page.alpha_composite(image)
    colours = page.convert("L").histogram()
    ensure(sum(1 for count in colours if count) > 2 and sum(colours[:100]) > 20, "it is empty")
