"""What every student's Jupyter server has beside the course's packages."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Where Jupyter Server finds the extension."""
    return [{"module": "crepre_seat"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Let people go on working while the hub is away; see ``outage``."""
    from crepre_seat.outage import outlive_outages

    hub_auth = getattr(server.identity_provider, "hub_auth", None)
    if hub_auth is None:
        server.log.info("crepre_seat: this server has no hub, so there is no outage to outlive")
        return
    outlive_outages(hub_auth)
