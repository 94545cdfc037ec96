"""Ports for servers on one loopback, as the kernel gives them."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from crepre_hub.backends.local.ports import ServerPorts, server_ports
from crepre_hub.errors import BackendError
from crepre_hub.probes.ports import is_free, kernels_range


def test_the_kernel_keeps_to_what_it_says() -> None:
    """What connections get is in the range that is kept from servers."""
    kernels = kernels_range()
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as open_now:
        for _ in range(50):  # fewer than wait to be accepted
            connection = open_now.enter_context(socket.create_connection(listener.getsockname()))
            assert connection.getsockname()[1] in kernels


def test_a_port_is_not_given_twice() -> None:
    """Servers that start at one time have not begun to listen, so nothing else keeps them apart."""
    ports = server_ports()
    given = [ports.free() for _ in range(500)]
    assert len(set(given)) == len(given)


def test_ports_in_use_are_passed_over() -> None:
    """And where all are, it is said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not is_free("127.0.0.1", port)
        with pytest.raises(BackendError, match="No port is free"):
            ServerPorts(range(port, port + 1)).free()
    assert is_free("127.0.0.1", port)
