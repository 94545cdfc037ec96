"""``lab.toml`` for a hub that restarts by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from crepre_hub.settings.last_good import keep_lab, settings_or_last_good
from crepre_hub.settings.reader import SettingsProblems
from tests.unit.settings.conftest import WriteFile


def test_the_file_itself_counts_while_it_is_good(tmp_path: Path, write: WriteFile) -> None:
    """A kept version is only for bad days."""
    write("lab.toml", '[lab]\nname = "Old"')
    keep_lab(tmp_path)
    write("lab.toml", '[lab]\nname = "New"')
    assert settings_or_last_good(tmp_path).lab.lab.name == "New"


@pytest.mark.parametrize("content", [b"\xff", b"[lab", b"[labb]", b'[lab]\nurl = "x"'])
def test_a_broken_file_does_not_keep_the_hub_down(
    tmp_path: Path, write: WriteFile, content: bytes
) -> None:
    """The version of the last good start goes on."""
    write("lab.toml", '[lab]\nname = "Old"')
    keep_lab(tmp_path)
    write("lab.toml", content)
    assert settings_or_last_good(tmp_path).lab.lab.name == "Old"


def test_a_removed_file_does_not_keep_the_hub_down(tmp_path: Path, write: WriteFile) -> None:
    """Gone is as bad as broken."""
    file = write("lab.toml", '[lab]\nname = "Old"')
    keep_lab(tmp_path)
    file.unlink()
    assert settings_or_last_good(tmp_path).lab.lab.name == "Old"


def test_without_a_good_version_the_mistake_is_told(tmp_path: Path, write: WriteFile) -> None:
    """The mistake is the file's own, not the missing copy's."""
    write("lab.toml", "[labb]")
    with pytest.raises(SettingsProblems) as caught:
        settings_or_last_good(tmp_path)
    assert caught.value.message == "lab.toml: labb: unknown setting; did you mean 'lab'?"
