"""A directory of our own: Debian's slapd on loopback, with TLS, in a folder that goes with it."""

from __future__ import annotations

import datetime as dt
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crepre_hub.backends.local.ports import server_ports
from tests.machine.fixtures import need

PASSWORD = "seven purple tubas"
SEARCHER_PASSWORD = "quiet marimba orchard"
START_SECONDS = 90

PEOPLE = f"""\
dn: dc=uio,dc=no
objectClass: dcObject
objectClass: organization
dc: uio
o: UiO

dn: cn=searcher,dc=uio,dc=no
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: searcher
userPassword: {SEARCHER_PASSWORD}

dn: ou=people,dc=uio,dc=no
objectClass: organizationalUnit
ou: people

dn: uid=ola,ou=people,dc=uio,dc=no
objectClass: inetOrgPerson
uid: ola
cn: Ola Nordmann
sn: Nordmann
mail: ola@uio.no
userPassword: {PASSWORD}

dn: uid=kari,ou=people,dc=uio,dc=no
objectClass: inetOrgPerson
uid: kari
cn: Kari Nordmann
sn: Nordmann
mail: kari@uio.no
userPassword: {PASSWORD}
"""

GROUP = """\
dn: cn=ml,dc=uio,dc=no
objectClass: groupOfNames
cn: ml
member: uid=ola,ou=people,dc=uio,dc=no
"""
"""Added while slapd runs, since only then it writes memberOf into the people."""

CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
database mdb
suffix dc=uio,dc=no
rootdn cn=root,dc=uio,dc=no
rootpw "{password}"
directory {folder}/data
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact=cn=searcher,dc=uio,dc=no read by self read by * none
"""


@dataclass(frozen=True)
class Directory:
    """
    A directory that answers.

    Attributes:
        tls_port: Where ``ldaps`` is spoken; at ``port``, ``starttls`` and clear text are.
        ca: The certificate to trust.
    """

    port: int
    tls_port: int
    ca: Path
    folder: Path

    def rename(self, old: str, new: str) -> None:
        """Give somebody another user name; the entry stays the same one."""
        self._tool("ldapmodrdn", "-r", f"uid={old},ou=people,dc=uio,dc=no", f"uid={new}")

    def add(self, ldif: str) -> None:
        """Somebody new."""
        file = self.folder / "new.ldif"
        file.write_text(ldif)
        self._tool("ldapadd", "-f", str(file))

    def _tool(self, tool: str, *words: str) -> None:
        at = f"ldap://127.0.0.1:{self.port}"
        command = [tool, "-x", "-H", at, "-D", "cn=root,dc=uio,dc=no", "-w", PASSWORD, *words]
        subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="session")
def directory() -> Iterator[Directory]:
    """A private slapd, gone after the tests."""
    slapd = need("slapd")
    need("ldap-utils")
    with tempfile.TemporaryDirectory(prefix="crepre-ldap-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        make_certificates(folder)
        conf = folder / "slapd.conf"
        conf.write_text(CONFIGURATION.format(folder=folder, password=PASSWORD))
        (folder / "people.ldif").write_text(PEOPLE)
        fill = [slapd.with_name("slapadd"), "-f", conf, "-l", folder / "people.ldif"]
        subprocess.run(fill, check=True, capture_output=True)
        ports = server_ports()
        port, tls_port = ports.free(), ports.free()
        urls = f"ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}"
        running = subprocess.Popen(
            [slapd, "-d", "0", "-f", conf, "-h", urls],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(tls_port, running)
            made = Directory(port, tls_port, folder / "ca.pem", folder)
            made.add(GROUP)
            yield made
        finally:
            running.terminate()
            running.wait(60)


def make_certificates(folder: Path) -> None:
    """An authority of the tests' own, and a certificate of it for localhost, by name only."""
    authority, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    us = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the tests")])
    them = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    loopback = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    roots = _certificate(us, us, authority.public_key(), authority, x509.BasicConstraints(True, 0))
    leaf = _certificate(them, us, server.public_key(), authority, loopback)
    (folder / "ca.pem").write_bytes(roots)
    (folder / "server.pem").write_bytes(leaf)
    (folder / "server.key").write_bytes(
        server.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> bytes:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(extension, critical=True)
    )
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        assert server.poll() is None, "slapd ended while it was starting"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until, f"slapd did not start within {START_SECONDS} s"
            time.sleep(0.1)
        else:
            return
