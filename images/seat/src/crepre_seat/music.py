"""
MIDI that is heard in the browser.

A server has no loudspeaker, so a cell's music is rendered here (FluidSynth, a sound font, ffmpeg)
and sent along as an audio player that needs nothing else: no network, no script. Where these
programs are missing, as without the image, music21 does what it does everywhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

PROGRAMS = ("fluidsynth", "ffmpeg")
SOUND_FONTS = (
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "/usr/share/sounds/sf2/default-GM.sf2",
    "/usr/share/sounds/sf3/default-GM.sf3",
)
"""The first that is there; a compressed one takes 8 s to unpack, each time."""

RATE_HERTZ = 44100
BITS_PER_SECOND = "96k"


class SoundMissing(Exception):
    """Music cannot be rendered here; the message says why."""


def sound_font_or_none() -> str | None:
    """The instruments."""
    return next((font for font in SOUND_FONTS if Path(font).exists()), None)


def can_render() -> bool:
    """Whether what ``render`` needs is here."""
    return all(map(shutil.which, PROGRAMS)) and sound_font_or_none() is not None


def render(midi: bytes) -> bytes:
    """
    The sound of a MIDI file, as MP3.

    Raises:
        SoundMissing: If a program or the sound font is missing, or the file holds no music.
    """
    font = sound_font_or_none()
    if not can_render() or font is None:
        raise SoundMissing(f"Sound needs {' and '.join(PROGRAMS)} and a sound font.")
    with tempfile.TemporaryDirectory() as folder:
        tune, wave = Path(folder, "tune.mid"), Path(folder, "tune.wav")
        tune.write_bytes(midi)
        played = run(
            "fluidsynth", "-niq", "-g", "0.8", "-r", str(RATE_HERTZ), "-F", wave, font, tune
        )
        if not wave.exists():
            raise SoundMissing(f"FluidSynth could not play this: {played.stderr.strip()[-300:]}")
        quiet = ("-loglevel", "error", "-nostdin")
        sound = Path(folder, "tune.mp3")
        made = run("ffmpeg", *quiet, "-i", wave, "-b:a", BITS_PER_SECOND, sound)
        if made.returncode:
            raise SoundMissing(f"ffmpeg could not encode it: {made.stderr.strip()[-300:]}")
        return sound.read_bytes()


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)


def show_player(midi: bytes) -> None:
    """Put an audio player with the sound of *midi* into the notebook."""
    from IPython.display import Audio, display

    player = Audio(data=render(midi))
    player.mimetype = "audio/mpeg"
    display(player)


def set_up_music21() -> None:
    """
    Let music21's ``show('midi')`` and ``StreamPlayer.play()`` be heard in the notebook.

    ``show`` is told by music21's own registry. The player has no such place, so its method is
    exchanged; its arguments are about a loudspeaker at hand and have no meaning here.
    """
    if not can_render():
        return
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")  # the player opens a device before it plays
    from music21 import converter
    from music21.midi import realtime, translate

    class InThePage(converter.subConverters.ConverterIPython):  # type: ignore[misc]  # no types
        """As music21's own for notebooks, but MIDI is an audio player."""

        def show(
            self, obj: Any, fmt: Any, app: Any = None, subformats: Any = (), **more: Any
        ) -> None:
            if list(subformats[:1]) == ["midi"]:
                show_player(translate.music21ObjectToMidiFile(obj).writestr())
            else:
                super().show(obj, fmt, app=app, subformats=subformats, **more)

    def play(player: Any, *arguments: Any, **named: Any) -> None:
        """Show an audio player; it starts when it is clicked."""
        show_player(player.getStringOrBytesIOFile().getvalue())

    converter.registerSubConverter(InThePage)
    realtime.StreamPlayer.play = play
