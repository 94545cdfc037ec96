"""Tables, HDF5 files, drawings of networks, films."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from crepre_seat.verify.notebook import ensure_ink
from crepre_seat.verify.report import Check, ensure


def check_data_frame() -> str:
    """A data frame groups and sums."""
    import pandas as pd

    frame = pd.DataFrame({"word": ["to", "be", "to"], "count": [1, 2, 3]})
    sums = frame.groupby("word")["count"].sum().to_dict()
    ensure(sums == {"to": 4, "be": 2}, f"the sums are {sums}")
    return f"pandas {pd.__version__}"


def check_hdf5() -> str:
    """An HDF5 file is written and read, by h5py and by pandas with tables."""
    import h5py
    import numpy as np
    import pandas as pd

    with tempfile.TemporaryDirectory() as folder:
        with h5py.File(Path(folder, "plain.h5"), "w") as file:
            file["gesture"] = np.arange(6.0).reshape(3, 2)
        with h5py.File(Path(folder, "plain.h5")) as file:
            total = float(file["gesture"][()].sum())
        ensure(total == 15, f"h5py read {total}")
        frame = pd.DataFrame({"x": [0.5, 1.5]})
        frame.to_hdf(Path(folder, "frame.h5"), key="touch")
        ensure(frame.equals(pd.read_hdf(Path(folder, "frame.h5"))), "pandas read something else")
    return f"h5py {h5py.__version__}"


def check_learning() -> str:
    """scikit-learn fits a line."""
    from sklearn.linear_model import LinearRegression

    slope = LinearRegression().fit([[0], [1], [2]], [1, 3, 5]).coef_[0]
    ensure(abs(slope - 2) < 1e-9, f"the slope is {slope}")
    return "a slope of 2"


def check_graph() -> str:
    """Graphviz draws a network for Keras."""
    import keras

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.png")
        model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(3)])
        keras.utils.plot_model(model, to_file=str(path), show_shapes=True)
        ensure_ink(path.read_bytes())
        return f"{path.stat().st_size} bytes of PNG"


def check_film() -> str:
    """Ffmpeg makes a film for a notebook."""
    command = (
        "ffmpeg -hide_banner -f lavfi -i testsrc=duration=1:size=64x64:rate=5 -pix_fmt yuv420p"
    )
    film = "-movflags frag_keyframe+empty_moov -f mp4 -"
    done = subprocess.run([*command.split(), *film.split()], capture_output=True, check=False)
    ensure(done.returncode == 0 and b"ftyp" in done.stdout[:16], done.stderr.decode()[-300:])
    return f"{len(done.stdout)} bytes of MP4"


DATA: dict[str, Check] = {
    "data frame": check_data_frame,
    "hdf5": check_hdf5,
    "scikit-learn": check_learning,
}
"""What needs Python packages alone."""

DRAWINGS: dict[str, Check] = {"graphviz": check_graph, "film": check_film}
"""What needs Debian's programs too."""
