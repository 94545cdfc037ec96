"""Checks run one after another, and none can stop the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from crepre_hub.doctor.run import Examined, examine
from crepre_hub.errors import DockerUnreachable
from crepre_hub.findings import FactCheck, Finding

WELL = Finding("ok", "Well.")
ILL = Finding("error", "Ill.", remedy="mend")
SO_SO = Finding("warning", "So so.")


def check(
    name: str, look: Callable[[], Sequence[Finding]], needs: Sequence[str] = ()
) -> FactCheck[Sequence[Finding]]:
    """A check that finds what *look* returns."""
    return FactCheck(name, name.title(), look, iter, needs)


def found(*checks: FactCheck[Sequence[Finding]], limit: float = 5) -> list[tuple[str, str, str]]:
    """Name, level and text of everything that *checks* find."""
    examined = list(examine(checks, limit_seconds=limit))
    return [(each.name, one.level, one.text) for each in examined for one in each.findings]


def test_findings_come_with_their_check() -> None:
    """Name, title and findings, in the order of the checks."""
    (one,) = examine([check("disk", lambda: [WELL, SO_SO])])
    assert one == Examined("disk", "Disk", (WELL, SO_SO))


@pytest.mark.parametrize(("finding", "runs"), [(WELL, True), (SO_SO, True), (ILL, False)])
def test_a_check_runs_unless_one_that_it_needs_failed(finding: Finding, runs: bool) -> None:
    """A warning is no reason to look away."""
    levels = [
        level
        for _, level, _ in found(check("a", lambda: [finding]), check("b", lambda: [WELL], ["a"]))
    ]
    assert levels == [finding.level, "ok" if runs else "skipped"]


def test_what_is_skipped_names_what_failed_first() -> None:
    """Not the whole chain: the one thing to mend."""
    assert found(
        check("a", lambda: [ILL]),
        check("b", lambda: [WELL], ["a"]),
        check("c", lambda: [WELL], ["b", "a"]),
        check("d", lambda: [WELL]),
    )[1:] == [
        ("b", "skipped", "Not looked at, since this comes first: a."),
        ("c", "skipped", "Not looked at, since this comes first: a."),
        ("d", "ok", "Well."),
    ]


def test_an_error_of_ours_is_a_finding_with_its_remedy() -> None:
    """An adapter's sentence is good enough for the admin."""

    def look() -> Sequence[Finding]:
        raise DockerUnreachable("Docker is away.", remedy="systemctl start docker")

    (one,) = examine([check("docker", look)])
    assert one.findings == (Finding("error", "Docker is away.", "systemctl start docker"),)


def test_a_check_that_breaks_is_a_finding_of_its_own() -> None:
    """A mistake of ours is told as one, and the others go on."""

    def look() -> Sequence[Finding]:
        raise KeyError("LiveRestore")

    assert found(check("a", look), check("b", lambda: [WELL])) == [
        ("a", "error", "The check itself failed: KeyError: 'LiveRestore'"),
        ("b", "ok", "Well."),
    ]


def test_a_check_that_breaks_halfway_is_no_good_news() -> None:
    """What it said before it broke does not hide that it broke."""

    def judge(_: object) -> Iterator[Finding]:
        yield WELL
        raise ValueError("x")

    (one,) = examine([FactCheck("a", "A", lambda: None, judge)])
    assert [finding.level for finding in one.findings] == ["error"]


def test_a_check_that_hangs_is_given_up() -> None:
    """The doctor always comes to its end."""
    never = threading.Event()

    def look() -> Sequence[Finding]:
        never.wait(60)
        return [WELL]

    assert found(check("a", look), check("b", lambda: [WELL]), limit=0.05) == [
        ("a", "error", "There was no answer within 0.05 s."),
        ("b", "ok", "Well."),
    ]
    never.set()


def test_silence_is_not_health() -> None:
    """A check that finds nothing at all is told as broken."""
    assert found(check("a", list)) == [("a", "error", "The check found nothing to say.")]
