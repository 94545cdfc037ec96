"""Who is in by what the login says: which rule applies, and which login ends what."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.identity import Identity, LtiLaunch
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.courses.rule_change import plan_rules
from crepre_hub.courses.rules import Rule
from crepre_hub.profiles.profile import Profile

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
FEIDE, CANVAS = "https://feide.example", "https://canvas.example"
CLAIM = Rule(claim="group:fc:mus", section="A")
TA = Rule(claim="group:fc:mus-ta", role=Role.ASSISTANT, section="TA")
LTI = Rule(lti_context="4711", issuer=CANVAS)


def course(*rules: Rule) -> Course:
    return Course(id="m", title="M", profiles={"x": Profile(title="X")}, rules=rules)


def by_feide(*claims: str) -> Identity:
    return Identity("oidc", FEIDE, "1", "ada", claims=frozenset(claims))


def by_canvas(context: str, *roles: str, issuer: str = CANVAS) -> Identity:
    return Identity("lti", issuer, "7", "ada", lti=LtiLaunch(context, roles=frozenset(roles)))


def enrolled(by: str, role: Role = Role.STUDENT) -> Enrolment:
    key = Key(KeyKind.NAME, "ada")
    return Enrolment("m", key, role, Origin.RULE, since=NOON.replace(hour=1), section="A", by=by)


@pytest.mark.parametrize(
    ("rules", "identity", "role", "section"),
    [
        ([CLAIM], by_feide("group:fc:mus"), Role.STUDENT, "A"),
        ([CLAIM], by_feide("group:fc:mus:1"), None, ""),
        ([CLAIM], by_feide("group:FC:MUS"), None, ""),
        ([CLAIM], by_feide("affiliation:fc:mus"), None, ""),
        ([CLAIM], by_feide(), None, ""),
        ([CLAIM, TA], by_feide("group:fc:mus", "group:fc:mus-ta"), Role.ASSISTANT, "TA"),
        ([TA, CLAIM], by_feide("group:fc:mus"), Role.STUDENT, "A"),
        ([LTI], by_canvas("4711", "learner"), Role.STUDENT, ""),
        ([LTI], by_canvas("4711", "instructor", "learner"), Role.TEACHER, ""),
        ([LTI], by_canvas("4711", "teachingassistant"), Role.ASSISTANT, ""),
        ([LTI], by_canvas("4711", "administrator"), None, ""),
        ([LTI], by_canvas("4711"), None, ""),
        ([LTI], by_canvas("", "learner"), None, ""),
        ([LTI], by_canvas("4712", "learner"), None, ""),
        ([LTI], by_canvas("4711", "learner", issuer="https://evil.example"), None, ""),
        ([Rule(claim="x:y", issuer=CANVAS)], by_feide("x:y"), None, ""),
        ([], by_feide("group:fc:mus"), None, ""),
    ],
)
def test_who_is_let_in(
    rules: list[Rule], identity: Identity, role: Role | None, section: str
) -> None:
    """Whole claims of the right provider, or the right context with a role in it."""
    joined = plan_rules(course(*rules), identity, None, moment=NOON).join
    assert [(each.role, each.section, each.origin) for each in joined] == (
        [(role, section, Origin.RULE)] if role else []
    )


@pytest.mark.parametrize(
    ("rules", "identity", "mine", "leaves"),
    [
        ([CLAIM], by_feide(), enrolled(FEIDE), True),
        ([CLAIM], by_feide("group:fc:mus"), enrolled(FEIDE), False),
        ([CLAIM], by_canvas("9", "learner"), enrolled(FEIDE), False),
        ([LTI], by_canvas("4711"), enrolled(CANVAS), True),
        ([LTI], by_canvas("9", "learner"), enrolled(CANVAS), False),
        ([LTI], by_feide(), enrolled(CANVAS), False),
        ([], by_feide("group:fc:mus"), enrolled(FEIDE), True),
        ([LTI], by_feide("group:fc:mus"), enrolled(FEIDE), True),
        ([], by_canvas("4711", "instructor"), enrolled(FEIDE), False),
        ([CLAIM], by_feide(), None, False),
        ([], by_feide(), None, False),
    ],
)
def test_who_is_let_go(
    rules: list[Rule], identity: Identity, mine: Enrolment | None, leaves: bool
) -> None:
    """
    A login ends what the same provider began, if it tells about it or no rule asks it any more.

    No other login does.
    """
    change = plan_rules(course(*rules), identity, mine, moment=NOON)
    assert bool(change.leave) is leaves
    assert change.join == ()


def test_a_role_that_the_provider_changes_changes_here() -> None:
    """At the next login."""
    mine = enrolled(CANVAS, Role.TEACHER)
    ((_, after),) = plan_rules(course(LTI), by_canvas("4711", "learner"), mine, moment=NOON).change
    assert after.role is Role.STUDENT


@pytest.mark.parametrize(
    "fields",
    [{}, {"claim": "a:b", "lti_context": "1"}, {"claim": ""}, {"role": "boss", "claim": "x"}],
)
def test_a_rule_is_one_of_two(fields: dict[str, object]) -> None:
    """Neither both, nor nothing, nor a role that there is not."""
    with pytest.raises(ValueError, match=r"rule|claim|role"):
        Rule(**fields)  # type: ignore[arg-type]
