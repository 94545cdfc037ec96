"""The project's own files, and the lab's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crepre_hub.errors import LabOfAnother
from crepre_hub.ops.project import ensure_ours, ensure_state_folder
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.reader import Settings


def test_what_the_lab_keeps_is_closed_to_others(tmp_path: Path) -> None:
    """Also where the folder was there before, open to everybody."""
    settings = Settings(tmp_path, Lab(), ())
    settings.state.mkdir(mode=0o755)
    ensure_state_folder(settings)
    assert settings.state.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("there", [True, False])
def test_a_lab_of_another_account_is_left_alone(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said whose it is and as whom to type; not that it does not run."""
    settings = Settings(tmp_path, Lab(), ())
    if there:
        settings.state.mkdir(mode=0o755)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may everything
    with pytest.raises(LabOfAnother) as caught:
        ensure_state_folder(settings)
    assert str(settings.state if there else tmp_path) in caught.value.message
    assert "sudo -u " in caught.value.remedy
    assert settings.state.exists() == there


def test_a_folder_that_is_not_there_is_nobodys(tmp_path: Path) -> None:
    """What is wrong with it is said by whoever looks for ``lab.toml``."""
    ensure_ours(tmp_path / "elsewhere")
