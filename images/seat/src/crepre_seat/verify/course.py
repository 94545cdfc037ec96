"""What every image of a course on creative prediction promises, with a GPU or without."""

from __future__ import annotations

from crepre_seat.verify.container import CONTAINER
from crepre_seat.verify.data import DATA, DRAWINGS
from crepre_seat.verify.environment import check_lock, check_own_package, imports
from crepre_seat.verify.learning import LEARNING
from crepre_seat.verify.music import MUSIC, SCORES_AND_SOUND
from crepre_seat.verify.notebook import check_plot
from crepre_seat.verify.report import Check
from crepre_seat.verify.server import check_server

MODULES = [
    "ipympl",
    "h5py",
    "jax",
    "keras",
    "keras_mdn_layer",
    "matplotlib",
    "mdn",
    "mido",
    "music21",
    "notebook",
    "numpy",
    "pandas",
    "PIL",
    "pretty_midi",
    "pygame",
    "pythonosc",
    "seaborn",
    "sklearn",
    "svgwrite",
    "tables",
    "tensorflow",
    "tensorflow_probability",
    "tf_keras",
    "jupyter_server_proxy",
    "impsy",
]

ANYWHERE: dict[str, Check] = {
    "imports": imports(*MODULES),
    "lock": check_lock,
    "plot": check_plot,
    "server": check_server,
    **DATA,
    **LEARNING,
    **MUSIC,
}
"""What the lock alone brings."""

IN_THE_IMAGE: dict[str, Check] = {
    **DRAWINGS,
    **SCORES_AND_SOUND,
    "own package": check_own_package,
    **CONTAINER,
}
"""What Debian's packages and a container bring."""
