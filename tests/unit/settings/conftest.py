"""A lab's folder to write into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

COURSE = """\
title = "Music"
open = true

[profiles.small]
title = "Notebook"
"""

WriteFile = Callable[[str, str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    """Writes a file below the lab's folder."""

    def write_file(name: str, text: str | bytes) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    write_file("lab.toml", "")
    return write_file
