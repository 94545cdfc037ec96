"""What a terminal shows of what people wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from crepre_hub.cli import terminal
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


UUID = "GPU-1b5e2c4d-aaaa-bbbb-cccc-000000000001"
ROW = (UUID, "Creative prediction with neural networks", "24 GiB", "24 GiB", "in service")


def test_what_one_types_next_is_in_one_piece(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On 80 columns the first column stays whole, and the others share what is left."""
    screen = Console(width=80, force_terminal=True, color_system=None, soft_wrap=True)
    monkeypatch.setattr(terminal, "out", screen)
    print_table(("gpu", "name", "memory", "free", "state"), [ROW])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(UUID in line for line in lines) == 1


def test_a_row_in_a_file_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the width of the terminal beside it, ``grep`` finds all of a row."""
    monkeypatch.setattr(terminal, "out", Console(width=80, soft_wrap=True))
    print_table(("gpu", "name", "memory", "free", "state"), [ROW, ROW])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].split() == " ".join(ROW).split()
