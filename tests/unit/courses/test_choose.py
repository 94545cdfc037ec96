"""What is posted is hostile: it selects among the offers, or is refused with a reason."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crepre_hub.courses.access import Offer, Person, offers_for
from crepre_hub.courses.choose import OPTION, choose, preselected
from crepre_hub.courses.course import Course
from crepre_hub.decisions import Refused
from crepre_hub.profiles.profile import Profile
from tests.unit.courses.test_access import TODAY, course

ADA = Person("ada")
OPEN = course("open", open=True)
CLOSED = course("closed")
LISTED = course("listed", students=frozenset({"ada"}))
SINGLE = Course(id="one", title="One", open=True, profiles={"only": Profile(title="Only")})
ALL = (OPEN, CLOSED, LISTED)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"profile": "open/small"}, ""),
        ({"profile": "listed/large"}, ""),
        ({"profile": "closed/small"}, "not-in-course"),
        ({"profile": "open/gone"}, "unknown-profile"),
        ({"profile": "gone/small"}, "unknown-profile"),
        ({"profile": "closed/gone"}, "unknown-profile"),
        ({"profile": "small"}, "unknown-profile"),
        ({"profile": ""}, "unknown-profile"),
        ({"profile": "open/small "}, "unknown-profile"),
        ({"profile": "OPEN/small"}, "unknown-profile"),
        ({"profile": "open/../closed/small"}, "unknown-profile"),
        ({"profile": "x" * 101}, "bad-option"),
        ({"profile": "x" * 10_000_000}, "bad-option"),
        ({"profile": ["open/small"]}, "bad-option"),
        ({"profile": ["open/small", "closed/small"]}, "bad-option"),
        ({"profile": {"a": 1}}, "bad-option"),
        ({"profile": 3}, "bad-option"),
        ({"profile": True}, "bad-option"),
        ({"profile": None}, "no-choice"),
        ({}, "no-choice"),
        ({"image": "evil:latest"}, "bad-option"),
        ({"profile": "open/small", "image": "evil:latest"}, "bad-option"),
        ({"profile": "open/small", "memory": "1 TiB"}, "bad-option"),
        ({"profile": "open/small", "": ""}, "bad-option"),
        ({3: "open/small"}, "bad-option"),
        (["profile", "open/small"], "bad-option"),
        ("open/small", "bad-option"),
        (None, "bad-option"),
        (b"profile=open/small", "bad-option"),
    ],
)
def test_what_is_posted(options: object, reason: str) -> None:
    """Each forged, withdrawn or malformed choice has its reason."""
    answer = choose(ALL, ADA, options, today=TODAY)
    assert (answer.reason if isinstance(answer, Refused) else "") == reason


@pytest.mark.parametrize(
    ("person", "reason"), [(ADA, "not-in-course"), (Person("root", is_admin=True), "")]
)
def test_an_admin_may_use_every_course(person: Person, reason: str) -> None:
    """The same choice is refused to one and granted to the other."""
    answer = choose(ALL, person, {"profile": "closed/small"}, today=TODAY)
    assert (answer.reason if isinstance(answer, Refused) else "") == reason


def test_where_one_thing_is_on_offer_nothing_need_be_chosen() -> None:
    """With one profile there is no form."""
    answer = choose([SINGLE], ADA, {}, today=TODAY)
    assert isinstance(answer, Offer)
    assert answer.key == "one/only"


def test_who_is_in_no_course_is_told_whom_to_ask() -> None:
    """Not an error: a sentence and a next step."""
    answer = choose([CLOSED], ADA, {"profile": "closed/small"}, today=TODAY)
    assert isinstance(answer, Refused)
    assert (answer.reason, answer.remedy) == (
        "no-course",
        "Ask your teacher to add you to the course, or for a join link.",
    )


def test_a_refusal_repeats_little_of_what_was_posted() -> None:
    """Megabytes of keys do not end up on a page or in a log."""
    answer = choose(ALL, ADA, {f"{n}{'x' * 1000}": n for n in range(1000)}, today=TODAY)
    assert isinstance(answer, Refused)
    assert len(answer.message) < 300


KEYS = st.sampled_from(["profile", "image", "", "open/small"]) | st.text() | st.integers()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.binary()
    | st.sampled_from([f"{c.id}/{p}" for c in ALL for p in ("small", "large", "gone")]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
POSTED = st.dictionaries(KEYS, VALUES, max_size=4) | VALUES
SHELVES = st.lists(st.sampled_from([OPEN, CLOSED, LISTED, SINGLE]), unique_by=lambda c: c.id)


@given(POSTED, SHELVES, st.booleans())
def test_nothing_posted_leads_to_what_is_not_on_offer(
    posted: object, shelf: Sequence[Course], is_admin: bool
) -> None:
    """Whatever is posted is refused or one of the offers, placement and all; nothing raises."""
    person = Person("ada", is_admin)
    answer = choose(shelf, person, posted, today=TODAY)
    offers = offers_for(shelf, person, today=TODAY)
    if isinstance(answer, Refused):
        assert answer.reason in {
            "no-course",
            "no-choice",
            "bad-option",
            "unknown-profile",
            "not-in-course",
        }
        assert answer.message.endswith(".")
    else:
        assert answer in offers
        assert answer.placement in [offer.placement for offer in offers]


@pytest.mark.parametrize(
    ("saved", "selected"),
    [
        ({OPTION: "listed/large"}, "listed/large"),
        ({OPTION: "open/gone"}, "open/large"),
        ({OPTION: "closed/small"}, "open/large"),
        ({OPTION: ["listed/large"]}, "open/large"),
        ({"image": "x"}, "open/large"),
        ({}, "open/large"),
        (None, "open/large"),
        ("listed/large", "open/large"),
    ],
)
def test_what_is_preselected(saved: object, selected: str) -> None:
    """The last choice while it is on offer, else the first default that is."""
    courses = [OPEN.model_copy(update={"default_profile": "large"}), CLOSED, LISTED]
    offer = preselected(courses, offers_for(courses, ADA, today=TODAY), saved)
    assert offer is not None
    assert offer.key == selected


def test_without_a_default_the_first_offer_is_preselected() -> None:
    """Something is always chosen already."""
    offer = preselected([LISTED], offers_for([LISTED], ADA, today=TODAY), {})
    assert offer is not None
    assert offer.key == "listed/small"


def test_nothing_is_preselected_where_nothing_is_on_offer() -> None:
    """An empty page is drawn as well."""
    assert preselected([CLOSED], (), {}) is None


@given(POSTED, SHELVES)
def test_no_saved_choice_breaks_the_form(saved: object, shelf: Sequence[Course]) -> None:
    """Whatever an old version saved, the form is drawn, with an offer selected if there is one."""
    offers = offers_for(shelf, ADA, today=TODAY)
    selected = preselected(shelf, offers, saved)
    assert (selected in offers) if offers else selected is None
