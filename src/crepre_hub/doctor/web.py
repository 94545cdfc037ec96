"""Whether the lab answers: the proxy, the hub, and the address that people open."""

from __future__ import annotations

import base64
import binascii
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path

from tornado.web import decode_signed_value

from crepre_hub.findings import Finding
from crepre_hub.settings.ports import Ports

PATIENCE_SECONDS = 5
START_AGAIN = "crepre down && crepre up --detach"


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What came back for one request.

    Attributes:
        status: 0 where nothing answered; *problem* says why.
        date: The other machine's clock; None where it did not say.
    """

    status: int
    problem: str = ""
    cookies: tuple[str, ...] = ()
    date: datetime | None = None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """Follow nothing: what answers here is what is asked about."""


def ask(url: str, headers: Mapping[str, str] | None = None) -> Answer:
    """The answer at *url*, whatever it is; never raises for a silent or broken one."""
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, headers=dict(headers or {}))
    try:
        with opener.open(request, timeout=PATIENCE_SECONDS) as answer:
            return _answer(answer.status, answer.headers)
    except urllib.error.HTTPError as error:
        return _answer(error.code, error.headers)
    except urllib.error.URLError as error:
        return Answer(0, str(error.reason))
    except (OSError, ValueError) as error:
        return Answer(0, str(error))


def _answer(status: int, headers: Message) -> Answer:
    return Answer(status, "", tuple(headers.get_all("Set-Cookie", ())), _date(headers.get("Date")))


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:  # whatever it was, it was no date
        return None


# --- the proxy's own API


@dataclass(frozen=True, slots=True)
class ProxyFacts:
    """The API that the hub tells its routes to: asked with the lab's token, and without one."""

    with_token: Answer
    without_token: Answer


def look_at_proxy(ports: Ports, state: Path) -> ProxyFacts:
    """The proxy's API on loopback."""
    url = f"http://127.0.0.1:{ports.proxy_api}/api/routes"
    file = state / "secrets" / "proxy"
    token = file.read_text().strip() if file.exists() else ""
    return ProxyFacts(ask(url, {"Authorization": f"token {token}"}), ask(url))


def judge_proxy(seen: ProxyFacts) -> Iterator[Finding]:
    """It answers us, and nobody else."""
    if seen.without_token.status == HTTPStatus.OK:
        text = "The proxy tells and changes its routes for anybody on this machine."
        yield Finding("error", text, remedy=START_AGAIN)
    elif seen.with_token.status == HTTPStatus.OK:
        yield Finding("ok", "The proxy answers the hub, and nobody without its token.")
    elif seen.with_token.status == HTTPStatus.FORBIDDEN:
        text = "The proxy does not know this lab's token."
        yield Finding("error", text, remedy=START_AGAIN)
    else:
        text = f"The proxy does not answer ({_said(seen.with_token)})."
        yield Finding("error", text, remedy="tail -n 30 var/log/proxy.log")


def _said(answer: Answer) -> str:
    return answer.problem or f"status {answer.status}"


# --- the hub


@dataclass(frozen=True, slots=True)
class HubFacts:
    """
    The hub's health, by each way that leads to it.

    Attributes:
        direct: On loopback.
        by_proxy: As browsers come.
        by_seats: As servers come.
        seat_address: Where they come to.
    """

    direct: Answer
    by_proxy: Answer
    by_seats: Answer
    seat_address: str


def look_at_hub(ports: Ports, seat_host: str) -> HubFacts:
    """
    Ask the hub by each way.

    Args:
        ports: The lab's.
        seat_host: Where servers reach the hub.
    """
    everywhere = "0.0.0.0"  # noqa: S104  (compared with, not listened on)
    host = "127.0.0.1" if ports.address == everywhere else ports.address
    seats = f"{seat_host}:{ports.hub}"
    return HubFacts(
        direct=ask(f"http://127.0.0.1:{ports.hub}/hub/health"),
        by_proxy=ask(f"http://{host}:{ports.public}/hub/health"),
        by_seats=ask(f"http://{seats}/hub/health"),
        seat_address=seats,
    )


def judge_hub(seen: HubFacts) -> Iterator[Finding]:
    """Which of the ways is closed."""
    if seen.direct.status != HTTPStatus.OK:
        text = f"The hub does not answer ({_said(seen.direct)})."
        yield Finding("error", text, remedy="tail -n 30 var/log/hub.log")
        return
    if seen.by_proxy.status != HTTPStatus.OK:
        text = f"The hub answers, but not through the proxy ({_said(seen.by_proxy)})."
        yield Finding("error", text, remedy="tail -n 30 var/log/proxy.log")
    if seen.by_seats.status != HTTPStatus.OK:
        where = f"{seen.seat_address} ({_said(seen.by_seats)})"
        text = f"The hub answers, but not where servers look for it, at {where}."
        yield Finding("error", text, remedy=START_AGAIN)
    if seen.by_proxy.status == seen.by_seats.status == HTTPStatus.OK:
        yield Finding("ok", "The hub answers, to browsers and to servers.")


# --- the address that people open


@dataclass(frozen=True, slots=True)
class UrlFacts:
    """
    The address in ``lab.toml``.

    Attributes:
        is_ours: Whether the page that answered was signed by this lab's hub.
        address: Where the lab listens.
    """

    url: str
    answer: Answer
    is_ours: bool
    address: str


def look_at_url(url: str, ports: Ports, state: Path) -> UrlFacts:
    """
    Open the lab's login page as a browser does.

    Whose page it is shows in its cookie, which the hub signs; so no secret is sent anywhere.
    """
    answer = ask(f"{url}/hub/login")
    file = state / "secrets" / "cookies"
    key = file.read_text().strip() if file.exists() else ""
    return UrlFacts(url, answer, is_signed_by(key, answer.cookies), ports.address)


def is_signed_by(key: str, cookies: tuple[str, ...]) -> bool:
    """
    Whether one of *cookies* is an ``_xsrf`` cookie signed with *key*, in hexadecimal.

    Source: ``jupyterhub._xsrf_utils``: URL-safe base64, without padding, of a signed value.
    """
    values = (re.match(r'_xsrf="?([A-Za-z0-9_=-]+)', cookie) for cookie in cookies)
    for found in filter(None, values):
        try:
            signed = base64.urlsafe_b64decode(found[1].rstrip("=") + "=" * (-len(found[1]) % 4))
            secret = binascii.a2b_hex(key)
        except ValueError:
            continue
        if secret and decode_signed_value(secret, "_xsrf", signed, min_version=2):
            return True
    return False


def judge_url(seen: UrlFacts) -> Iterator[Finding]:
    """People reach this lab, and nobody listens in."""
    if not seen.answer.status:
        text = f"{seen.url} does not answer ({_said(seen.answer)})."
        yield Finding("error", text, remedy=f"curl -v {seen.url}/hub/health")
    elif not seen.is_ours:
        text = f"{seen.url} is answered by something else than this lab ({_said(seen.answer)})."
        remedy = "Set url in lab.toml to the address that people open, or lead it to this lab."
        yield Finding("error", text, remedy=remedy)
    else:
        yield Finding("ok", f"{seen.url} leads to this lab.")
    if seen.url.startswith("http:") and not _is_loopback(seen.address):
        text = f"Passwords cross the network in the clear: {seen.url} is without TLS."
        remedy = "Put a TLS proxy in front, and write its https address as url in lab.toml."
        yield Finding("warning", text, remedy=remedy)


def _is_loopback(address: str) -> bool:
    return address == "localhost" or ip_address(address).is_loopback
