"""Who somebody is after a login: keys, rules and lists together, on a real database and files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crepre_hub.courses.access import enrolled_role
from crepre_hub.courses.identity import Identity
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.courses.roster import Wanted
from crepre_hub.desk.desks import CourseDesks
from crepre_hub.desk.people import HubUser
from crepre_hub.errors import Busy
from tests.contract.course_desks import ISSUER, PROFILE
from tests.hand_clock import HandClock


def ada(*claims: str, subject: str = "5F", email: str | None = "ada@x.no") -> Identity:
    return Identity("oidc", ISSUER, subject, "ada", email=email, claims=frozenset(claims))


def roles(desks: CourseDesks, name: str = "ada") -> dict[str, Role]:
    """What somebody is where, asked alone and with everybody: both must say the same."""
    alone = desks.people.member(HubUser(name, is_admin=False)).roles
    (among,) = desks.people.members([HubUser(name, is_admin=False)])
    assert alone == among.roles
    return dict(alone)


def test_a_login_opens_what_it_proves(desks: CourseDesks) -> None:
    """Before it only the name counts; then the address, the id and the claims."""
    assert roles(desks) == {}
    desks.people.welcome(ada("group:mus"))
    assert roles(desks) == {
        "by-email": Role.STUDENT,
        "by-id": Role.ASSISTANT,
        "by-rule": Role.ASSISTANT,
    }


def test_a_later_login_closes_what_it_proves_no_more(desks: CourseDesks) -> None:
    """An address that is not verified, another id, a group that was left."""
    desks.people.welcome(ada("group:mus"))
    desks.people.welcome(ada(subject="6G", email=None))
    assert roles(desks) == {}


def test_a_rule_that_is_taken_out_of_the_file_lets_nobody_stay(
    desks: CourseDesks, tmp_path: Path
) -> None:
    """Whom it let in is out at the next login by the same provider; a guest by hand stays."""
    course = desks.rosters.course("by-rule")
    desks.people.welcome(ada("group:mus"))
    desks.rosters.add(course, Key(KeyKind.NAME, "bo"), role=Role.STUDENT)
    assert roles(desks)["by-rule"] is Role.ASSISTANT
    (tmp_path / "courses" / "by-rule.toml").write_text('title = "R"' + PROFILE)
    desks.people.welcome(ada("group:mus"))
    assert "by-rule" not in roles(desks)
    assert roles(desks, "bo") == {"by-rule": Role.STUDENT}


def test_an_id_that_no_table_holds_opens_nothing(desks: CourseDesks) -> None:
    """Nobody is found by a part of it, and the login goes on."""
    desks.people.welcome(ada(subject="5F" * 1000))
    assert "by-id" not in roles(desks)


def test_somebody_who_is_named_twice_is_added_once(desks: CourseDesks) -> None:
    """Such as by ``ada ADA`` on the course page."""
    course = desks.rosters.course("by-name")
    keys = [course.key_of(word) for word in ("ada", "ADA", "bo")]
    assert len(desks.rosters.add_all(course, keys, role=Role.STUDENT)) == 2
    assert roles(desks) == {"by-name": Role.STUDENT}


def test_an_enrolment_for_an_hour_is_over_in_an_hour(desks: CourseDesks, clock: HandClock) -> None:
    """And the mark by which the hub looks again has changed."""
    course = desks.rosters.course("by-name")
    key = Key(KeyKind.NAME, "ada")
    desks.rosters.add(course, key, role=Role.ASSISTANT, stay=timedelta(hours=1))
    before = desks.people.mark()
    assert roles(desks) == {"by-name": Role.ASSISTANT}
    clock.now += timedelta(hours=1)
    assert roles(desks) == {}
    assert desks.people.mark() != before


def test_the_mark_changes_with_every_roster_and_login(desks: CourseDesks) -> None:
    """Else the hub would not look; and without a change it stays."""
    marks = [desks.people.mark()]
    course = desks.rosters.course("by-name")
    desks.rosters.add(course, Key(KeyKind.NAME, "bo"), role=Role.STUDENT)
    marks.append(desks.people.mark())
    desks.people.welcome(ada())
    marks.append(desks.people.mark())
    assert marks[0] != marks[1] != marks[2] != marks[0]
    assert desks.people.mark() == marks[-1]


def test_the_mark_changes_with_every_course_file(desks: CourseDesks, tmp_path: Path) -> None:
    """A list that is edited counts."""
    before = desks.people.mark()
    file = tmp_path / "courses" / "by-name.toml"
    file.write_text(file.read_text().replace('["tea"]', '["tea", "tim"]'))
    assert desks.people.mark() != before


def test_names_in_any_list_are_kept_from_signing_up(desks: CourseDesks) -> None:
    """Those of files and of rosters; addresses are no user names."""
    course = desks.rosters.course("by-name")
    desks.rosters.apply(desks.rosters.plan_sync(course, [Wanted(Key(KeyKind.NAME, "cy"))]))
    assert desks.people.listed_names() == {"tea", "cy"}


def test_a_plan_that_is_out_of_date_is_not_applied(desks: CourseDesks) -> None:
    """Somebody else has changed the roster since it was shown."""
    course = desks.rosters.course("by-name")
    plan = desks.rosters.plan_sync(course, [Wanted(Key(KeyKind.NAME, "cy"))])
    desks.rosters.add(course, Key(KeyKind.NAME, "bo"), role=Role.STUDENT)
    with pytest.raises(Busy):
        desks.rosters.apply(plan)
    assert "cy" not in desks.people.listed_names()


def test_a_roster_ends_no_guest(desks: CourseDesks) -> None:
    """Added by hand, then two rosters without the guest: still in."""
    course = desks.rosters.course("by-name")
    desks.rosters.add(course, Key(KeyKind.NAME, "ada"), role=Role.STUDENT)
    for names in (["cy", "di"], ["di"]):
        people = [Wanted(Key(KeyKind.NAME, name)) for name in names]
        desks.rosters.apply(desks.rosters.plan_sync(course, people))
    assert roles(desks) == {"by-name": Role.STUDENT}
    assert roles(desks, "cy") == {}
    person = desks.people.person("tea", is_admin=False)
    assert enrolled_role(course, person) is Role.TEACHER
