"""What a terminal shows of what people wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from crepre_hub.cli.lab import _say_ready
from crepre_hub.cli.terminal import print_table
from crepre_hub.settings.lab import Lab, LabSection
from crepre_hub.settings.reader import Settings

WRITTEN = ("Kim [exchange]", "[/]", "[bold]", ":heart:", "[link=https://x.example]A")


@pytest.mark.parametrize("text", WRITTEN)
def test_a_cell_is_shown_as_it_was_written(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A display name is its owner's choice: none hides anything, and none ends the command."""
    print_table(("who", "name"), [("kim", text)])
    assert capsys.readouterr().out.splitlines()[1].split(maxsplit=1)[1].rstrip() == text


@pytest.mark.parametrize("text", WRITTEN[:3])
def test_a_lab_is_called_as_its_file_says(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also by the line that tells that it is ready."""
    _say_ready(Settings(tmp_path, Lab(lab=LabSection(name=text)), ()), "docker")
    assert f"\n{text} is ready: http" in capsys.readouterr().out
