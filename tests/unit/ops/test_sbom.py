"""What is in an image becomes a bill of materials that tools can read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from crepre_hub.errors import CommandFailed
from crepre_hub.ops.sbom import Package, read_packages, render_sbom

SAID = """\
debian trixie
zlib1g 1:1.3+b1 amd64
tzdata 2025b-4 all

["NumPy", "2.5.5", "BSD-3-Clause AND MIT", []]
["old", "1.0", "", ["License :: OSI Approved :: MIT License"]]
["whole", "1", "A licence\\nof many lines", []]
["none", "1", "", []]
["NumPy", "2.5.5", "BSD-3-Clause AND MIT", []]
"""
IMAGE = {
    "Id": f"sha256:{'a' * 64}",
    "Created": "2026-09-01T10:00:00.123456789Z",
    "Config": {"Labels": {"crepre.lock": "ab"}},
}


def test_packages_of_both_kinds_are_read() -> None:
    """Each once; a licence is what stands for one, and never its whole text."""
    assert read_packages(SAID) == (
        Package("deb", "tzdata", "2025b-4", ("trixie", "all")),
        Package("deb", "zlib1g", "1:1.3+b1", ("trixie", "amd64")),
        Package("pypi", "NumPy", "2.5.5", licence="BSD-3-Clause AND MIT"),
        Package("pypi", "none", "1"),
        Package("pypi", "old", "1.0", licence="MIT License"),
        Package("pypi", "whole", "1"),
    )


def test_an_image_without_python_has_debian_packages() -> None:
    """The guard is one."""
    assert [each.name for each in read_packages("debian trixie\nnftables 1 amd64\n\n")] == [
        "nftables"
    ]


@pytest.mark.parametrize("said", ["", "sh: not found\n"])
def test_an_image_that_does_not_tell_is_no_empty_one(said: str) -> None:
    """A bill without goods would say that nothing is in it."""
    with pytest.raises(CommandFailed, match="did not tell"):
        read_packages(said)


def bill() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text())
    return found


def text() -> str:
    return render_sbom("crepre/cpu:0123", IMAGE, read_packages(SAID))


def test_the_bill_is_valid() -> None:
    """By the schema of CycloneDX 1.6."""
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text()) is None


def test_the_bill_names_the_image_and_each_package() -> None:
    """By package URLs, which scanners look vulnerabilities up by."""
    made = bill()
    image = made["metadata"]["component"]
    assert (image["name"], image["version"]) == ("crepre/cpu", "0123")
    assert image["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert image["properties"] == [{"name": "crepre.lock", "value": "ab"}]
    urls = {component["purl"] for component in made["components"]}
    assert urls == {
        "pkg:deb/debian/tzdata@2025b-4?arch=all&distro=trixie",
        "pkg:deb/debian/zlib1g@1:1.3%2Bb1?arch=amd64&distro=trixie",
        "pkg:pypi/numpy@2.5.5",
        "pkg:pypi/none@1",
        "pkg:pypi/old@1.0",
        "pkg:pypi/whole@1",
    }
    (top,) = [each for each in made["dependencies"] if each["ref"] == "image"]
    assert set(top["dependsOn"]) == urls


def test_the_same_image_has_the_same_bill() -> None:
    """To compare two bills is to compare two images."""
    assert text() == text()
    assert bill()["metadata"]["timestamp"] == "2026-09-01T10:00:00+00:00"
