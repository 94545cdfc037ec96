"""What only a container has: an ordinary user, and nothing that gives it more rights."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata
import os
import re
import sys
from pathlib import Path

from crepre_seat.verify.environment import site_packages
from crepre_seat.verify.report import Check, ensure


def check_ordinary_user() -> str:
    """It runs as an ordinary user without any capability."""
    ensure(os.getuid() >= 1000, f"it runs as user {os.getuid()}")
    status = Path("/proc/self/status").read_text()
    ensure(re.search(r"^CapEff:\s+0+$", status, re.MULTILINE), "it has capabilities")
    ensure(Path("/home/student").stat().st_uid == os.getuid(), "the home is somebody else's")
    return f"user {os.getuid()}"


def check_stack_is_read_only() -> str:
    """The ordinary user cannot change the installed packages."""
    places = [
        str(each)
        for each in map(Path, [sys.prefix, f"{sys.prefix}/bin", *site_packages()])
        if each.stat().st_uid != 0 or each.stat().st_mode & 0o022
    ]
    ensure(not places, f"writable: {', '.join(places)}")
    return sys.prefix


def check_no_setuid_program() -> str:
    """No file in the image gives its caller another user's rights."""
    count, found = 0, []
    device = Path("/").stat().st_dev
    for folder, folders, files in os.walk("/"):
        paths = [(name, Path(folder, name)) for name in folders]
        folders[:] = [name for name, path in paths if not path.is_symlink() and on(path, device)]
        for name in files:
            count += 1
            path = Path(folder, name)
            if path.lstat().st_mode & 0o6000:
                found.append(str(path))
    ensure(not found, ", ".join(found))
    return f"{count} files"


def on(path: Path, device: int) -> bool:
    """Whether *path* can be seen and lies on *device*."""
    try:
        return path.stat().st_dev == device
    except OSError:
        return False


def check_no_bundle_left() -> str:
    """No CA bundle of the machine that built the image is left in it, and no installer's cache."""
    left = [str(each) for each in Path("/run/secrets").glob("*")]
    left += [str(each) for each in Path("/usr/local/share/ca-certificates").glob("*")]
    left += [each for each in os.environ if each.endswith(("_CERT", "CERT_FILE", "CA_BUNDLE"))]
    left += [str(each) for each in Path("/var/cache/apt/archives").glob("*.deb")]
    certificates = Path("/etc/ssl/certs/ca-certificates.crt").read_text().count("BEGIN CERT")
    known = sum(1 for _ in Path("/usr/share/ca-certificates").rglob("*.crt"))
    if certificates > known:
        left.append(f"{certificates - known} of the system's certificates are not Debian's")
    left += changed_bundles()
    ensure(not left, ", ".join(left))
    return f"{certificates} certificates, all Debian's"


def changed_bundles() -> list[str]:
    """Bundles of the package certifi that are not as they were published."""
    certifi = importlib.metadata.distribution("certifi")
    changed = []
    for name, digest, _ in csv.reader((certifi.read_text("RECORD") or "").splitlines()):
        if name.endswith("cacert.pem"):
            data = Path(str(certifi.locate_file(name))).read_bytes()
            mine = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            if digest != f"sha256={mine}":
                changed.append(name)
    return changed


CONTAINER: dict[str, Check] = {
    "ordinary user": check_ordinary_user,
    "read-only stack": check_stack_is_read_only,
    "no setuid program": check_no_setuid_program,
    "no CA bundle": check_no_bundle_left,
}
"""What every image's ``verify`` ends with."""
