"""One number to choose, and three ports."""

from __future__ import annotations

from crepre_hub.settings.lab import LAST_PORT, Lab, LabSection
from crepre_hub.settings.ports import Ports, ports_of


def ports(listen: str) -> Ports:
    """The ports of a lab that listens there."""
    return ports_of(Lab(lab=LabSection(listen=listen)))


def test_the_default_ports() -> None:
    """The numbers that the manual names."""
    assert ports_of(Lab()) == Ports("127.0.0.1", 8000, 8001, 8081)


def test_the_ports_of_another_lab_are_others() -> None:
    """Labs whose numbers are 10 apart do not meet."""
    one, other = ports("0.0.0.0:8000"), ports("0.0.0.0:8010")
    assert not {one.public, one.proxy_api, one.hub} & {other.public, other.proxy_api, other.hub}


def test_the_last_port_leaves_room_for_the_hub() -> None:
    """No lab that passes the settings has a port that does not exist."""
    assert ports(f"127.0.0.1:{LAST_PORT}").hub == 65535
