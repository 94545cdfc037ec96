"""Sound needs its programs; without them music21 stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from crepre_seat import music


def test_sound_without_its_programs_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where FluidSynth is missing, whoever asks for sound reads what it needs."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(music.SoundMissing, match="fluidsynth and ffmpeg"):
        music.render(b"")


def test_without_its_programs_music21_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """In local mode nothing is exchanged, and music21 is not even imported."""
    monkeypatch.setenv("PATH", "/nowhere")
    music.set_up_music21()


def test_the_quick_sound_font_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first sound font that is there is taken."""
    there = tmp_path / "there.sf2"
    there.touch()
    monkeypatch.setattr(music, "SOUND_FONTS", (str(tmp_path / "absent.sf2"), str(there)))
    assert music.sound_font_or_none() == str(there)
