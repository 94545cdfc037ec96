"""Web addresses in JSON schemas are known as RFC 3986 knows them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from crepre_seat import addresses
from crepre_seat.addresses import validate_rfc3986


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the package that knows everything was asked."""
    asked: list[str] = []

    def validate(url: str, rule: str) -> None:
        asked.append(f"{rule} {url}")

    package = SimpleNamespace(validate_rfc3986=validate)
    monkeypatch.setattr(addresses, "loaded", lambda name: package)
    return asked


def test_plain_addresses_are_known_without_the_package(whole: list[str]) -> None:
    """Names of Jupyter's schemas are addresses."""
    for url in (
        "https://events.jupyter.org/jupyter_server/contents_service/v1",
        "http://event.jupyter.org",
        "https://a.example/x-y_z~1/",
    ):
        assert validate_rfc3986(url)
    assert whole == []


@pytest.mark.parametrize(
    "url", ["no address", "https://", "https://a.example/ b", "https://a.example/%41?x#y", "urn:a"]
)
def test_of_all_others_the_package_decides(url: str, whole: list[str]) -> None:
    """What is written in any other way is looked at by all of the rules."""
    assert validate_rfc3986(url, rule="URI_reference") is None
    assert whole == [f"URI_reference {url}"]
