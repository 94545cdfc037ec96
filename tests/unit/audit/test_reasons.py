"""A vulnerability stays for a written reason, for a while, or it is left to do."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from audit.__main__ import REASONS, located, report
from audit.locks import Pin
from audit.reasons import Finding, ReasonsError, judge, read_reasons
from audit.source import Answer

TODAY = date(2026, 11, 24)
OLD = Pin("jinja2", "2.10")


def finding(
    pin: Pin = OLD, name: str = "PYSEC-2019-217", *, fixed: tuple[str, ...] = ()
) -> Finding:
    return Finding(pin, name, frozenset({"CVE-2019-10906"}), fixed, ("requirements/hub.txt",))


def reasons(
    *, name: str = "CVE-2019-10906", package: str = "Jinja2", review: date = TODAY, more: str = ""
) -> str:
    return (
        f'[[stays]]\nid = "{name}"\npackage = "{package}"\n'
        f'reason = "There are no templates of strangers here."\nreview = {review}\n{more}'
    )


@pytest.mark.parametrize("name", ["PYSEC-2019-217", "CVE-2019-10906"])
def test_a_reason_may_use_any_name_of_a_finding(name: str) -> None:
    """And the package's name as people write it."""
    told = judge([finding()], read_reasons(reasons(name=name)), today=TODAY)
    assert told.is_good
    assert [(f.id, r.id) for f, r in told.explained] == [("PYSEC-2019-217", name)]


@pytest.mark.parametrize(
    "text", ["", reasons(package="tornado"), reasons(name="CVE-2019-1")], ids=["none", "pkg", "id"]
)
def test_a_finding_without_its_own_reason_is_left_to_do(text: str) -> None:
    """Another package's reason, or another vulnerability's, explains nothing."""
    told = judge([finding()], read_reasons(text), today=TODAY)
    assert told.open == (finding(),)
    assert not told.is_good


def test_a_reason_lasts_until_its_day_and_no_longer() -> None:
    """On the day of its review it counts; on the next the finding is left to do again."""
    given = read_reasons(reasons(review=TODAY))
    assert judge([finding()], given, today=TODAY).is_good
    late = judge([finding()], given, today=TODAY + timedelta(days=1))
    assert (late.open, late.overdue) == ((finding(),), given)


def test_a_reason_that_is_about_nothing_is_left_to_do() -> None:
    """A lock that was renewed takes the reason with it."""
    given = read_reasons(reasons())
    told = judge([], given, today=TODAY)
    assert (told.idle, told.is_good) == (given, False)


def test_one_package_may_have_several_findings() -> None:
    """Each needs a reason of its own."""
    other = Finding(OLD, "PYSEC-2020-1", frozenset(), ("2.11",), ())
    told = judge([finding(), other], read_reasons(reasons()), today=TODAY)
    assert told.open == (other,)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[[stays]", "is not TOML"),
        ("[[stay]]\nid = 'x'", "stay: Extra inputs"),
        (reasons(more='severity = "low"\n'), "severity: Extra inputs"),
        ("[[stays]]\nid = 'x'", "stays/0/package: Field required"),
        (reasons(more="[[stays]]\nid = 'x'\n"), "stays/1/review: Field required"),
        (reasons().replace("There are no templates of strangers here.", "no"), "at least 20"),
        (reasons().replace(str(TODAY), '"soon"'), "stays/0/review: Input should be a valid date"),
        (reasons() + reasons(package="jinja2"), "there twice: jinja2 CVE-2019-10906"),
    ],
)
def test_a_file_of_reasons_that_is_wrong_is_refused(text: str, word: str) -> None:
    """Nothing in it may be mistyped, left out, or said twice."""
    with pytest.raises(ReasonsError) as caught:
        read_reasons(text)
    assert word in str(caught.value)


def test_the_projects_own_file_can_be_read() -> None:
    """Also where its findings cannot be looked up."""
    read_reasons((Path(__file__).parents[3] / REASONS).read_text())


def test_the_report_says_what_to_do() -> None:
    """Each line names the package and the next step; what is left to do stands first."""
    new = Pin("pyyaml", "5.3")
    findings = [finding(), finding(new, "PYSEC-1", fixed=("5.4",)), finding(new, "PYSEC-2")]
    given = read_reasons(
        reasons() + reasons(package="idle") + reasons(name="late", review=TODAY - timedelta(days=1))
    )
    assert report(judge(findings, given, today=TODAY), ["x (1) is unknown"]) == [
        (
            "pyyaml 5.3 in requirements/hub.txt: PYSEC-1 (CVE-2019-10906);"
            " fixed in 5.4: renew the lock"
        ),
        (
            "pyyaml 5.3 in requirements/hub.txt: PYSEC-2 (CVE-2019-10906); there is no version"
            " without it: see whether it matters here, and write to audit/reasons.toml"
        ),
        "jinja2: the reason for late was to be looked at again by 2026-11-23",
        "idle: CVE-2019-10906 is no finding any more; remove it from audit/reasons.toml",
        "jinja2: late is no finding any more; remove it from audit/reasons.toml",
        "not looked up: x (1) is unknown",
        (
            "jinja2 2.10: PYSEC-2019-217 stays until 2026-11-24: There are no templates of"
            " strangers here."
        ),
    ]


def test_a_finding_names_every_lock_that_it_is_in() -> None:
    """One version may be in several."""
    locks = {"a": frozenset({OLD}), "b": frozenset({Pin("x", "1")}), "c": frozenset({OLD})}
    assert [each.locks for each in located(Answer((finding(),), ()), locks)] == [("a", "c")]
