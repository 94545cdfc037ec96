"""``lab.toml`` as a frozen model. ``reference.toml`` beside this file is its manual."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator

from crepre_hub.forms import in_form
from crepre_hub.settings.amounts import at_least
from crepre_hub.settings.gpus import GpusSection
from crepre_hub.settings.login import LoginSection
from crepre_hub.units import Duration

SMALLEST = 28
"""Prefix of the smallest network that a lab can use."""

LAST_PORT = 65535 - 81
"""The hub's port is 81 above the one that the lab listens on."""

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


def _http_url(text: str) -> str:
    """*text* without a slash at its end; ValueError if it is no address of a web page."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{text!r} is not an address; write it like 'https://lab.example.org'")
    if parts.path not in ("", "/"):
        raise ValueError(f"{text!r} has a path; the lab lives at the root of its address")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{text!r} has more than a machine and a port; leave the rest out")
    return text.rstrip("/")


def _host_and_port(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not _is_host(host) or not port.isdecimal() or not 0 < int(port) <= LAST_PORT:
        raise ValueError(
            f"{text!r} is not an IPv4 address and a port up to {LAST_PORT}, like '127.0.0.1:8000'"
        )
    return text


def _is_host(text: str) -> bool:
    try:
        return text == "localhost" or bool(IPv4Address(text).packed)
    except ValueError:
        return False


def _reachable(text: str) -> str:
    try:
        IPv4Network(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not an IPv4 address or network, like '192.168.1.20' or '10.0.7.0/24'"
        ) from None
    return text


def _network(text: object) -> IPv4Network:
    try:
        network = ip_network(str(text))
    except ValueError:
        raise ValueError(f"{text!r} is not a network, like '10.231.0.0/20'") from None
    if not isinstance(network, IPv4Network) or network.prefixlen > SMALLEST:
        raise ValueError(f"{text!r} is too small, or not IPv4; a class wants a /24 or larger")
    return network


class LabSection(BaseModel):
    """Name and address."""

    model_config = _STRICT

    name: Annotated[str, Field(min_length=1, max_length=80)] = "Course lab"
    id: Annotated[
        str, in_form("[a-z][a-z0-9]{0,11}", "small letters and digits, first a letter, 12 at most")
    ] = "crepre"
    url: Annotated[str, AfterValidator(_http_url)] = "http://127.0.0.1:8000"
    listen: Annotated[str, AfterValidator(_host_and_port)] = "127.0.0.1:8000"


class ServersSection(BaseModel):
    """Where students' servers run, and for how long."""

    model_config = _STRICT

    backend: Literal["auto", "docker", "local"] = "auto"
    start_timeout: Annotated[Duration, at_least(timedelta(seconds=10))] = timedelta(minutes=2)
    idle_stop: Annotated[Duration, at_least(timedelta(seconds=10))] = timedelta(hours=1)
    longest: Annotated[Duration, at_least(timedelta(seconds=10))] = timedelta(days=1)
    at_once: Annotated[int, Field(ge=1, le=10_000)] = 500


class DockerSection(BaseModel):
    """The Docker Engine, and what a seat may reach."""

    model_config = _STRICT

    socket: Annotated[
        str,
        in_form("(unix|tcp|https?)://.*", "it begins with 'unix://', 'tcp://' or 'https://'"),
    ] = "unix:///var/run/docker.sock"
    subnet: Annotated[IPv4Network, PlainValidator(_network)] = IPv4Network("10.231.0.0/20")
    internet: bool = True
    reach: tuple[Annotated[str, AfterValidator(_reachable)], ...] = ()
    deny: tuple[Annotated[str, AfterValidator(_reachable)], ...] = ()
    processes: Annotated[int, Field(ge=64, le=100_000)] = 1024


class DatabaseSection(BaseModel):
    """Where the hub and the store keep what they know."""

    model_config = _STRICT

    url: Annotated[
        str, in_form("sqlite|postgresql://.+", "'sqlite', or an address like 'postgresql://...'")
    ] = "sqlite"


class ImagesSection(BaseModel):
    """What images are made of."""

    model_config = _STRICT

    base: str = ""
    ca_bundle: str = ""


class Lab(BaseModel):
    """The whole of ``lab.toml``."""

    model_config = _STRICT

    lab: LabSection = LabSection()
    login: LoginSection = LoginSection()
    servers: ServersSection = ServersSection()
    docker: DockerSection = DockerSection()
    gpus: GpusSection = GpusSection()
    database: DatabaseSection = DatabaseSection()
    images: ImagesSection = ImagesSection()
