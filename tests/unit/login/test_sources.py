"""Which address a request came from, as far as it can be believed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from crepre_hub.login.sources import address_of

PROXY = "127.0.0.1"


def request(peer: Any, *forwarded: str, real_ip: str = "") -> HTTPServerRequest:
    headers = HTTPHeaders({"Host": "lab.example.org"})
    for line in forwarded:
        headers.add("X-Forwarded-For", line)
    if real_ip:
        headers.add("X-Real-Ip", real_ip)
    connection: Any = SimpleNamespace(context=SimpleNamespace(address=peer))
    start_line = RequestStartLine("GET", "/", "HTTP/1.1")
    return HTTPServerRequest(headers=headers, connection=connection, start_line=start_line)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ((PROXY, 1), ["192.0.2.7"], "192.0.2.7"),
        ((PROXY, 1), ["10.6.6.6, 192.0.2.7"], "192.0.2.7"),
        ((PROXY, 1), ["10.6.6.6", "192.0.2.7"], "192.0.2.7"),
        ((PROXY, 1), ["10.6.6.6, 192.0.2.7, 198.51.100.1"], "192.0.2.7"),
        ((PROXY, 1), ["10.6.6.6, garbage, 198.51.100.1"], PROXY),
        ((PROXY, 1), ["10.6.6.6, 127.0.0.1"], PROXY),  # somebody on this machine
        ((PROXY, 1), [], PROXY),
        ((PROXY, 1), [""], PROXY),
        ((PROXY, 1), ["2001:db8::5"], "2001:db8::5"),
        (("172.30.0.9", 1), ["192.0.2.7"], "172.30.0.9"),
        (("2001:db8::9", 1, 0, 0), ["192.0.2.7"], "2001:db8::9"),
        ("", ["192.0.2.7"], "192.0.2.7"),
        (None, [], ""),
    ],
)
def test_an_address_is_believed_from_trusted_neighbours(
    peer: Any, forwarded: list[str], address: str
) -> None:
    """The last hop that is no proxy in front counts; a stranger's own word never does."""
    trusted = {"proxies": {PROXY}, "downstream": {"198.51.100.1"}}
    assert address_of(request(peer, *forwarded), **trusted) == address
    assert address_of(request(peer, *forwarded, real_ip="10.9.9.9"), **trusted) == address
