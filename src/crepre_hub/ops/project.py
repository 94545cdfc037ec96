"""Where the project's own files are: images, the proxy's sources, ``jupyterhub_config.py``."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from crepre_hub.errors import CrepreError, LabOfAnother
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
    """
    The lab's own folder, closed to others: databases, secrets and logs are in it.

    Raises:
        LabOfAnother: If the folder is not ours to change.
    """
    ensure_ours(settings.root)
    settings.state.mkdir(exist_ok=True)
    settings.state.chmod(0o700)


def ensure_ours(root: Path) -> None:
    """
    See that whoever asks may change the lab in *root*.

    To everybody else a lab that runs looks like one that does not: its socket, its logs and its
    database are closed to them.

    Raises:
        LabOfAnother: If they may not.
    """
    place = next((each for each in (root / "var", root) if os.path.exists(each)), None)  # noqa: PTH110  (Path.exists fails below a closed folder)
    if place is None or os.access(place, os.R_OK | os.W_OK | os.X_OK):
        return
    owner = _account(place.stat().st_uid)
    raise LabOfAnother(
        f"{place} belongs to the account {owner}, and you are {_account(os.geteuid())}.",
        remedy=f"Type the command as {owner}: sudo -u {owner} crepre …",
    )


def _account(number: int) -> str:
    """The name of an account of this machine; its number if it has none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
