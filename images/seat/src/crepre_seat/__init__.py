"""What every student's Jupyter server has beside the course's packages."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Where Jupyter Server finds the extension."""
    return [{"module": "crepre_seat"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Set up what a student gets; see ``extension``."""
    from crepre_seat.extension import load

    load(server)
