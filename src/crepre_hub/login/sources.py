"""Which address a request came from, as far as it can be believed."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address

from tornado.httputil import HTTPServerRequest


def address_of(
    request: HTTPServerRequest, *, proxies: Collection[str], downstream: Collection[str]
) -> str:
    """
    The address of the browser.

    Tornado believes ``X-Real-Ip`` from anybody, and the lab's proxy passes that header on as
    it came, so its ``remote_ip`` can be chosen freely by whoever sends the request. Here,
    ``X-Forwarded-For`` counts, which the proxy appends to.

    Args:
        proxies: Neighbours whose ``X-Forwarded-For`` is believed. They are not passed over in
            that header: a person on this machine comes from loopback, as the proxy may.
        downstream: Proxies in front of the lab's own, to be passed over in the header.
    """
    peer = _peer(request)
    if peer and peer not in proxies:
        return peer
    hops = ",".join(request.headers.get_list("X-Forwarded-For")).split(",")
    for hop in (hop.strip() for hop in reversed(hops)):
        if not _is_address(hop):
            break
        if hop not in downstream:
            return hop
    return peer


def _peer(request: HTTPServerRequest) -> str:
    """The other end of the connection; empty for a Unix socket."""
    context = getattr(request.connection, "context", None)
    address = getattr(context, "address", None)
    return str(address[0]) if isinstance(address, tuple) and address else ""


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
