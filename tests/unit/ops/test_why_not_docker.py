"""Why a lab runs without Docker, and what to type about it."""

from __future__ import annotations

from pathlib import Path

import docker
import pytest
from docker.errors import DockerException

from crepre_hub.backends.docker.engine import client_at
from crepre_hub.cli.lab import _say_local
from crepre_hub.ops.bring_up import chosen_backend, why_not_docker
from crepre_hub.settings.lab import DockerSection, Lab
from crepre_hub.settings.reader import Settings

AWAY = "('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))"
CLOSED = "('Connection aborted.', PermissionError(13, 'Permission denied'))"


@pytest.mark.parametrize(
    ("words", "said", "typed"),
    [
        (AWAY, "There is no Docker Engine here.", "curl -fsSL https://get.docker.com | sh"),
        (CLOSED, "This account may not use Docker at", "sudo usermod -aG docker $USER"),
    ],
)
def test_an_engine_that_is_closed_is_not_one_that_is_missing(
    *,
    words: str,
    said: str,
    typed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever has Docker and may not use it is not told to install it."""

    def fail(**_: object) -> None:
        raise DockerException(words)

    client_at.cache_clear()
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(docker, "APIClient", fail)
    settings = Settings(tmp_path, Lab(docker=DockerSection(socket="unix:///away")), ())
    assert chosen_backend(settings) == "local"
    _say_local(why_not_docker(settings))
    told = capsys.readouterr().out
    assert told.startswith(said)
    assert typed in told.splitlines()[-1]
