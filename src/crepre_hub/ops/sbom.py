"""What is in an image, as a CycloneDX bill of materials; asked of the image itself, offline."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from crepre_hub.errors import CommandFailed
from crepre_hub.ops.docker_cli import DockerClient, find_docker_client
from crepre_hub.ops.docker_images import inspect_image
from crepre_hub.ops.program import run_program

SUFFIX = ".cdx.json"
NAMESPACE = uuid.UUID("5b0e5d8e-6a0c-4f0e-9a57-3f3f6e0c2f2d")
"""Ours alone; with an image's id it gives the bill's serial number, always the same."""

LONGEST_LICENCE = 100
"""Some packages have the licence's whole text where its name should be."""

LOOK = """\
. /etc/os-release; echo "$ID $VERSION_CODENAME"
dpkg-query --show --showformat='${Package} ${Version} ${Architecture}\\n'
echo
if command -v python > /dev/null; then exec python -c "$0"; fi
"""
INVENTORY = """\
import importlib.metadata, json
for each in importlib.metadata.distributions():
    told = each.metadata
    licence = told.get("License-Expression") or told.get("License") or ""
    kinds = [c for c in told.get_all("Classifier") or () if c.startswith("License :: OSI")]
    print(json.dumps([told["Name"], each.version, licence, kinds]))
"""


@dataclass(frozen=True, slots=True)
class Package:
    """
    One package in an image.

    Attributes:
        kind: ``deb`` or ``pypi``, as in package URLs.
        origin: For ``deb``: the distribution and the architecture, such as ``trixie`` ``amd64``.
        licence: An SPDX expression, or a name, or nothing.
    """

    kind: str
    name: str
    version: str
    origin: Sequence[str] = ()
    licence: str = ""


def write_sbom(reference: str, folder: Path, environment: Mapping[str, str]) -> Path:
    """
    Write the bill of *reference* into *folder*, unless it is there.

    Returns:
        The file: image and build are its name.
    """
    name = reference.removeprefix("crepre/").replace("/", ".").replace(":", "-")
    file = folder / f"{name}{SUFFIX}"
    if not file.exists():
        text = sbom_of(reference, environment)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(text, encoding="utf-8")
    return file


def sbom_of(reference: str, environment: Mapping[str, str]) -> str:
    """
    The bill of the image *reference*, as JSON.

    Raises:
        ImageMissing: If it is not on this machine.
        CommandFailed: If it could not be looked into.
    """
    client = find_docker_client(environment)
    image = inspect_image(client, reference, environment)
    return render_sbom(reference, image, packages_in(client, reference, environment))


def packages_in(
    client: DockerClient, reference: str, environment: Mapping[str, str]
) -> tuple[Package, ...]:
    """Debian's packages and Python's in the image *reference*."""
    confined = ["--rm", "--network=none", "--read-only", "--cap-drop=ALL"]
    command = [str(client.path), "run", *confined, "--entrypoint=sh", reference]
    said = run_program([*command, "-c", LOOK, INVENTORY], environment=environment)
    return read_packages(said)


def read_packages(said: str) -> tuple[Package, ...]:
    """
    The packages in what ``LOOK`` prints.

    Raises:
        CommandFailed: If it is something else.
    """
    debian, empty, python = said.partition("\n\n")
    if not empty:
        raise CommandFailed(f"The image did not tell which packages it holds:\n{said[:500]}")
    system, *lines = debian.splitlines()
    release = system.split()[-1]
    found = [_debian_package(line, release) for line in lines]
    found += [_python_package(*json.loads(line)) for line in python.splitlines() if line]
    return tuple(sorted(set(found), key=lambda each: (each.kind, each.name, each.version)))


def _debian_package(line: str, release: str) -> Package:
    name, version, architecture = line.split()
    return Package("deb", name, version, (release, architecture))


def _python_package(name: str, version: str, licence: str, kinds: Sequence[str]) -> Package:
    if "\n" in licence or len(licence) > LONGEST_LICENCE:
        licence = ""
    named = [kind.rpartition(" :: ")[2] for kind in kinds]
    return Package("pypi", name, version, licence=licence or " / ".join(named))


def render_sbom(reference: str, image: Mapping[str, Any], packages: Sequence[Package]) -> str:
    """
    A CycloneDX 1.6 document; the same for the same image, whenever it is asked for.

    Source: https://cyclonedx.org/docs/1.6/json/
    """
    labels = image["Config"].get("Labels") or {}
    repository, _, tag = reference.rpartition(":")
    digest = image["Id"].removeprefix("sha256:")
    root = Component(
        type=ComponentType.CONTAINER,
        name=repository,
        version=tag,
        bom_ref="image",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        properties=[Property(name=name, value=value) for name, value in sorted(labels.items())],
    )
    bom = Bom(serial_number=uuid.uuid5(NAMESPACE, digest))
    bom.metadata.component = root
    bom.metadata.timestamp = datetime.fromisoformat(image["Created"][:19] + "+00:00")
    components = [_component(package) for package in packages]
    for component in components:
        bom.components.add(component)
    bom.register_dependency(root, components)
    text: str = JsonV1Dot6(bom).output_as_string(indent=1)
    return text + "\n"


def _component(package: Package) -> Component:
    url = _url(package)
    licences = LicenseFactory()
    return Component(
        type=ComponentType.LIBRARY,
        name=package.name,
        version=package.version,
        purl=url,
        bom_ref=url.to_string(),
        licenses=[licences.make_from_string(package.licence)] if package.licence else (),
    )


def _url(package: Package) -> PackageURL:
    """Source: https://github.com/package-url/purl-spec/blob/main/types-doc/deb-definition.md."""
    if package.kind == "pypi":
        return PackageURL("pypi", None, package.name, package.version)
    release, architecture = package.origin
    more = {"arch": architecture, "distro": release}
    return PackageURL("deb", "debian", package.name, package.version, more)
