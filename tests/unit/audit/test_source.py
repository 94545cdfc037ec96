"""A place that does not know what everybody knows is no source of advisories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from audit.__main__ import first_believable
from audit.locks import Pin, pins_in
from audit.source import CANARIES, NoSource, _parsed, believable, look_up


def dependency(pin: Pin, *names: str) -> dict[str, Any]:
    vulns = [{"id": f"PYSEC-{name}", "aliases": [name], "fix_versions": ["9"]} for name in names]
    return {"name": pin.name, "version": pin.version, "vulns": vulns}


def truthful(sheet: str) -> Mapping[str, Any]:
    """Knows of the canaries, and of nothing else."""
    return {"dependencies": [dependency(p, *CANARIES.get(p, ())) for p in pins_in(sheet)]}


def ignorant(sheet: str) -> Mapping[str, Any]:
    """A mirror of the index: each package is unknown to it."""
    return {"dependencies": [{"name": p.name, "skip_reason": "unknown"} for p in pins_in(sheet)]}


def calm(sheet: str) -> Mapping[str, Any]:
    """Says that all is well, whatever it is asked."""
    return {"dependencies": [dependency(pin) for pin in pins_in(sheet)]}


def half(sheet: str) -> Mapping[str, Any]:
    """Knows of one canary only."""
    known = min(CANARIES)
    pins = pins_in(sheet)
    return {"dependencies": [dependency(p, *CANARIES[p] if p == known else ()) for p in pins]}


def away(sheet: str) -> Mapping[str, Any]:
    """Does not answer."""
    raise NoSource("it cannot be reached")


def test_who_knows_what_everybody_knows_is_believed() -> None:
    """Each canary is named."""
    believable(truthful)


@pytest.mark.parametrize("ask", [ignorant, calm, half, away])
def test_who_does_not_is_no_source(ask: Any) -> None:
    """Neither silence, nor "unknown", nor "all is well" is an answer."""
    with pytest.raises(NoSource):
        believable(ask)


def test_the_first_who_can_be_believed_is_asked() -> None:
    """In the order of the sources."""
    assert first_believable({"a": ignorant, "b": truthful, "c": away}) == ("b", truthful)


def test_without_a_source_each_one_is_named_with_its_reason() -> None:
    """One line says why nothing was looked at."""
    with pytest.raises(NoSource) as caught:
        first_believable({"here": away, "there": ignorant})
    assert str(caught.value).startswith("here: it cannot be reached; there: it knows of no vuln")
    assert "\n" not in str(caught.value)


def test_a_canary_is_a_version_with_a_known_vulnerability() -> None:
    """Named as all sources name it."""
    assert len(CANARIES) >= 2
    assert all(name.startswith("CVE-") for names in CANARIES.values() for name in names)


def test_what_is_found_and_what_is_not_known_are_told_apart() -> None:
    """A package that could not be looked up is not one in order."""
    pins = {Pin("numpy", "1"), Pin("numpy", "2"), Pin("ours", "1")}

    def ask(sheet: str) -> Mapping[str, Any]:
        skipped = [{"name": "ours", "skip_reason": "ours is unknown"}]
        return {
            "dependencies": [
                *(dependency(pin, "CVE-1") for pin in pins_in(sheet) if pin.version == "2"),
                *(skipped if "ours" in sheet else []),
            ]
        }

    answer = look_up(pins, ask)
    assert [(f.pin, f.id, f.fixed) for f in answer.findings] == [
        (Pin("numpy", "2"), "PYSEC-CVE-1", ("9",))
    ]
    assert answer.unknown == ("ours is unknown",)


@pytest.mark.parametrize(
    ("err", "why"),
    [
        ("Traceback\n\nrequests.exceptions.ConnectionError: HTTPS…", "it cannot be reached"),
        ("requests.exceptions.ReadTimeout: HTTPS…", "it cannot be reached"),
        ("ERROR:pip_audit._cli:429 Client Error", "ERROR:pip_audit._cli:429 Client Error"),
        ("", "pip-audit said nothing"),
    ],
)
def test_a_scan_that_broke_is_no_answer(err: str, why: str) -> None:
    """It is told in a few words and never taken for a lock in order."""
    with pytest.raises(NoSource) as caught:
        _parsed("", err)
    assert str(caught.value) == why
