"""Scores that are drawn, MIDI that is heard, messages between instruments."""

from __future__ import annotations

import base64
import re
import subprocess
import tempfile
import threading
from pathlib import Path

from crepre_seat.music import render
from crepre_seat.verify.learning import fresh_python
from crepre_seat.verify.notebook import picture, run_cell
from crepre_seat.verify.report import Check, ensure

TUNE = "from music21 import converter\ntune = converter.parse('tinyNotation: 4/4 c4 e4 g4 c4')\n"
SHOWS = {
    "show('midi')": "tune.show('midi')",
    "StreamPlayer": "from music21 import midi\nmidi.realtime.StreamPlayer(tune).play()",
}


def check_score() -> str:
    """``show()`` draws a score into the notebook, without a word about settings."""
    shown, printed = run_cell(TUNE + "tune.show()")
    ensure(not printed, f"it said {printed}")
    return picture(shown)


def check_sound() -> str:
    """MIDI becomes sound that is louder than silence."""
    import mido

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tune.mid")
        track = mido.MidiTrack(
            [
                mido.Message("note_on", note=60, velocity=90),
                mido.Message("note_off", note=60, time=480),
            ]
        )
        mido.MidiFile(tracks=[track]).save(path)
        return f"peak {peak_decibels(render(path.read_bytes())):.1f} dB"


def peak_decibels(sound: bytes) -> float:
    """
    The loudest sample of an encoded sound, in decibels below full scale.

    Raises:
        AssertionError: If that is silence, or no sound.
    """
    done = subprocess.run(
        ["ffmpeg", "-hide_banner", "-i", "-", "-af", "volumedetect", "-f", "null", "-"],
        input=sound,
        capture_output=True,
        check=False,
    )
    found = re.search(r"max_volume: (-?[\d.]+|-inf) dB", done.stderr.decode(errors="replace"))
    ensure(found, f"ffmpeg could not read it: {done.stderr[-300:]!r}")
    peak = float(found[1]) if found else float("-inf")
    ensure(peak > -40, f"the peak is {peak} dB: silence")
    return peak


def heard(name: str) -> Check:
    """A check that a cell puts an audio player with its sound in the page, and nothing else."""

    def check_heard() -> str:
        shown, _ = run_cell(TUNE + SHOWS[name])
        pages = "".join(each.get("text/html", "") for each in shown)
        ensure("<audio" in pages, f"no player came: {pages[:200]}")
        found = re.search(r'src="data:audio/\w+;base64,([^"]+)"', pages)
        ensure(found, "the sound is not in the page")
        ensure(not re.search(r"https?://", pages), "the page loads something from elsewhere")
        sound = base64.b64decode(found[1]) if found else b""
        return f"{len(sound)} bytes, peak {peak_decibels(sound):.1f} dB"

    return check_heard


def check_osc() -> str:
    """A message of Open Sound Control goes out and comes in."""
    from pythonosc.dispatcher import Dispatcher
    from pythonosc.osc_server import BlockingOSCUDPServer
    from pythonosc.udp_client import SimpleUDPClient

    heard: list[tuple[object, ...]] = []
    dispatcher = Dispatcher()
    dispatcher.map("/interface", lambda *words: heard.append(words))
    with BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher) as server:
        server.timeout = 10
        waiting = threading.Thread(target=server.handle_request)
        waiting.start()
        SimpleUDPClient("127.0.0.1", server.server_address[1]).send_message("/interface", [0.5, 2])
        waiting.join(10)
    ensure(heard == [("/interface", 0.5, 2)], f"heard {heard}")
    return "/interface 0.5 2"


def check_impsy() -> str:
    """The musical instrument that predicts is there and tells what it can do."""
    done = subprocess.run(["impsy", "--help"], capture_output=True, text=True, check=False)
    ensure(done.returncode == 0 and "dataset" in done.stdout, done.stderr[-300:])
    return "impsy --help"


def check_midi_ports() -> str:
    """Mido's backend for ports loads; that a container has no port is well."""
    return (
        fresh_python("import mido; mido.set_backend('mido.backends.rtmidi', load=True)") or "rtmidi"
    )


MUSIC: dict[str, Check] = {
    "osc": check_osc,
    "impsy": check_impsy,
}
"""What needs Python packages alone."""

SCORES_AND_SOUND: dict[str, Check] = {
    "score": check_score,
    "sound": check_sound,
    **{name: heard(name) for name in SHOWS},
    "midi ports": check_midi_ports,
}
"""What needs Debian's programs too."""
