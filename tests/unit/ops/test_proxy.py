"""The proxy's installation."""

from __future__ import annotations

from crepre_hub.ops.proxy import environment_for_npm


def test_node_trusts_what_python_trusts() -> None:
    """A bundle that was given for Python serves npm; one that was given for Node stays."""
    told = environment_for_npm({"SSL_CERT_FILE": "/etc/campus.pem", "HOME": "/root"})
    assert told["NODE_EXTRA_CA_CERTS"] == "/etc/campus.pem"
    assert told["HOME"] == "/root"
    own = {"SSL_CERT_FILE": "/a.pem", "NODE_EXTRA_CA_CERTS": "/b.pem"}
    assert environment_for_npm(own) == own
    assert "NODE_EXTRA_CA_CERTS" not in environment_for_npm({"HOME": "/root"})
