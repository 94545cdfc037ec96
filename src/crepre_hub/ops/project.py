"""Where the project's own files are: images, the proxy's sources, ``jupyterhub_config.py``."""

from __future__ import annotations

from pathlib import Path

from crepre_hub.errors import CrepreError
from crepre_hub.settings.reader import Settings

CONFIG = "jupyterhub_config.py"


def project_root() -> Path:
    """
    The clone that this package runs from.

    Raises:
        CrepreError: If the package was installed away from its clone.
    """
    root = Path(__file__).resolve().parents[3]
    if not (root / CONFIG).exists():
        raise CrepreError(
            f"There is no {CONFIG} in {root}.", remedy="Install from a clone with: make install"
        )
    return root


def ensure_state_folder(settings: Settings) -> None:
    """The lab's own folder, closed to others: databases, secrets and logs are in it."""
    settings.state.mkdir(exist_ok=True)
    settings.state.chmod(0o700)
