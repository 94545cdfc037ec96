"""Who a launch from a learning platform is about, and where it leads."""

from __future__ import annotations

from typing import Any

import pytest

from crepre_hub.courses.identity import Identity
from crepre_hub.decisions import Refused
from crepre_hub.login.claims import Naming
from crepre_hub.login.launch import CLAIM, identify, page_in_lab
from crepre_hub.login.used_launches import LAUNCH_SECONDS, UsedLaunches
from crepre_hub.settings.login import LtiSection

ISSUER = "https://canvas.example.org"
SECTION = LtiSection(issuer=ISSUER, deployments=("1",))
NAMING = Naming("lti", "Canvas")
MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership"
LAUNCH: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "7-a",
    "name": "Ola N",
    "email": "ola@uio.no",
    f"{CLAIM}message_type": "LtiResourceLinkRequest",
    f"{CLAIM}deployment_id": "1",
    f"{CLAIM}custom": {"username": "ola"},
    f"{CLAIM}context": {"id": "c-9", "title": "Machine\nlearning"},
    f"{CLAIM}roles": [
        f"{MEMBER}#Learner",
        f"{MEMBER}/Instructor#TeachingAssistant",
        "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator",
        "http://purl.imsglobal.org/vocab/lis/v2/system/person#SysAdmin",
        "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner#Instructor",
        "http://purl_imsglobal.org/vocab/lis/v2/membership#Instructor",
    ],
}


def who(section: LtiSection = SECTION, **changes: Any) -> Identity | Refused:
    """What becomes of LAUNCH with *changes*."""
    return identify({**LAUNCH, **changes}, section, NAMING)


def test_a_launch_tells_person_course_and_roles_there() -> None:
    """Roles at the institution and in the system are no roles in the course."""
    answer = who()
    assert isinstance(answer, Identity)
    assert answer.lti is not None
    assert (answer.name, answer.subject, answer.email) == ("ola", "7-a", None)
    assert (answer.lti.context, answer.lti.title) == ("c-9", "Machine learning")
    assert answer.lti.roles == {"learner", "teachingassistant"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://evil.example.org"}, "wrong-issuer"),
        ({f"{CLAIM}deployment_id": "2"}, "wrong-deployment"),
        ({f"{CLAIM}deployment_id": ""}, "wrong-deployment"),
        ({f"{CLAIM}deployment_id": ["1"]}, "wrong-deployment"),
        ({f"{CLAIM}message_type": "LtiSubmissionReviewRequest"}, "not-a-launch"),
        ({"sub": None}, "no-subject"),
        ({f"{CLAIM}custom": {"username": "../ola"}}, "bad-name"),
    ],
)
def test_a_launch_that_is_not_for_this_lab_is_refused(changes: dict[str, Any], reason: str) -> None:
    """Issuer, deployment and kind of message are those that the admin wrote down."""
    answer = who(**changes)
    assert isinstance(answer, Refused), answer
    assert answer.reason == reason


@pytest.mark.parametrize("custom", [None, {}, {"username": "$User.username"}, {"username": 7}])
def test_without_a_name_the_platforms_id_is_one_that_is_nobody_elses(custom: Any) -> None:
    """A field that the platform left as it was is no name."""
    answer = who(**{f"{CLAIM}custom": custom})
    assert isinstance(answer, Identity)
    assert answer.name == "lti-7-a"


def test_a_launch_without_a_course_has_none() -> None:
    """The platform may leave the context out."""
    answer = who(**{f"{CLAIM}context": None, f"{CLAIM}roles": "x"})
    assert isinstance(answer, Identity)
    assert answer.lti is not None
    assert (answer.lti.context, answer.lti.roles) == ("", frozenset())


def test_an_address_counts_where_the_admin_says_so() -> None:
    """A platform does not say whether it has verified one."""
    answer = who(LtiSection(issuer=ISSUER, deployments=("*",), email_is_verified=True))
    assert isinstance(answer, Identity)
    assert answer.email == "ola@uio.no"


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("https://lab.org/hub/spawn?course=ml", "/hub/spawn?course=ml"),
        ("https://LAB.org/hub/spawn", "/hub/spawn"),
        ("https://lab.org/hub/", ""),
        ("https://lab.org", ""),
        ("https://lab.org/hub/login/lti", ""),
        ("https://lab.org/hub/logout", ""),
        ("https://evil.org/hub/spawn", ""),
        ("http://lab.org/hub/spawn", ""),
        ("https://lab.org@evil.org/hub/spawn", ""),
        ("https://lab.org:444/hub/spawn", ""),
        ("https://lab.org//evil.org/x", "/evil.org/x"),
        ("https://lab.org/\\evil.org", ""),
        ("https://lab.org/hub/spawn\r\nX: y", ""),
        ("javascript:alert(1)", ""),
        ("https://[lab.org/hub/spawn", ""),
        (None, ""),
    ],
)
def test_a_launch_leads_into_the_lab_and_nowhere_else(link: Any, page: str) -> None:
    """CVE-2026-33709, CVE-2019-10255: no link leads out of the lab."""
    assert page_in_lab(link, lab_url="https://lab.org") == page


def test_a_launch_is_used_once() -> None:
    """The second use is refused for as long as the launch could be valid."""
    used = UsedLaunches()
    assert used.use("n", now=0)
    assert not used.use("n", now=LAUNCH_SECONDS - 1)
    assert used.use("n", now=LAUNCH_SECONDS)


def test_used_launches_take_a_bounded_room() -> None:
    """CVE-2026-34052 (GHSA-8mxq-7xr7-2fxj): when there is no room, nothing more is taken in."""
    used = UsedLaunches(most=3)
    assert [used.use(str(n), now=0) for n in range(5)] == [True, True, True, False, False]
    assert used.use("later", now=LAUNCH_SECONDS)
