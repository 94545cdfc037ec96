"""What every RosterStore, JoinLinkStore and EntryLog does, on each kind of database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.keys import Key, KeyKind, id_key
from crepre_hub.courses.links import JoinLink
from crepre_hub.courses.roles import Role
from crepre_hub.courses.roster import RosterChange
from crepre_hub.desk.rewrite import rewrite
from crepre_hub.errors import Busy
from crepre_hub.store.entries import Entry, EntryLog
from crepre_hub.store.join_links import JoinLinkStore
from crepre_hub.store.rosters import KnownPerson, RosterStore

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ADA = Key(KeyKind.NAME, "ada")


@pytest.fixture
def roster_store(engine: Engine) -> RosterStore:
    return RosterStore(engine)


@pytest.fixture
def link_store(engine: Engine) -> JoinLinkStore:
    return JoinLinkStore(engine)


def place(key: Key = ADA, course: str = "music", **more: object) -> Enrolment:
    """A student since noon."""
    values: dict[str, object] = {"role": Role.STUDENT, "origin": Origin.ROSTER, "since": NOON}
    return Enrolment(course, key, **{**values, **more})  # type: ignore[arg-type]


def test_an_enrolment_is_read_as_it_was_written(roster_store: RosterStore) -> None:
    """Every field of an enrolment comes back, its moments with their time zone."""
    whole = place(
        id_key("https://idp.example", "5F-a"), role=Role.ASSISTANT, origin=Origin.HAND,
        section="Ås 1", display_name="Åda Ø", until=NOON + HOUR, keep_home_until=NOON + 2 * HOUR,
        by="tea",
    )  # fmt: skip
    roster_store.write(roster_store.roster("music"), [whole, place()])
    assert set(roster_store.roster("music").enrolments) == {whole, place()}
    assert roster_store.roster("music").version == 1
    assert roster_store.roster("art").enrolments == ()


def test_a_place_is_taken_once(roster_store: RosterStore) -> None:
    """What is written again for (course, key, origin) takes the old one's place; others stay."""
    guest = place(origin=Origin.HAND)
    elsewhere = place(course="art")
    roster_store.write(roster_store.roster("music"), [place(), guest])
    roster_store.write(roster_store.roster("art"), [elsewhere])
    roster_store.write(roster_store.roster("music"), [place(role=Role.ASSISTANT)])
    assert set(roster_store.roster("music").enrolments) == {guest, place(role=Role.ASSISTANT)}
    assert roster_store.roster("art").enrolments == (elsewhere,)


@pytest.mark.parametrize("earlier", [0, 1, 3])
def test_of_two_writers_one_is_told_to_read_again(roster_store: RosterStore, earlier: int) -> None:
    """Whoever read before the other wrote writes nothing at all, also the first time."""
    for _ in range(earlier):
        roster_store.write(roster_store.roster("music"), [place()])
    mine, theirs = roster_store.roster("music"), roster_store.roster("music")
    roster_store.write(theirs, [place(section="theirs")])
    with pytest.raises(Busy, match="Somebody else"):
        roster_store.write(mine, [place(section="mine"), place(Key(KeyKind.NAME, "bo"))])
    assert roster_store.roster("music").enrolments == (place(section="theirs"),)


def test_many_writers_at_once_lose_nothing(roster_store: RosterStore) -> None:
    """Each reads again until it is its turn; everybody is in at the end."""

    def enrol(number: int) -> None:
        mine = place(Key(KeyKind.NAME, f"user{number}"))
        rewrite(roster_store, "music", lambda _: RosterChange("music", Origin.ROSTER, (mine,)))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(enrol, range(12)))
    assert len(roster_store.roster("music").enrolments) == 12
    assert roster_store.versions() == {"music": 12}


@pytest.mark.parametrize("earlier", [0, 1])
def test_of_lists_applied_at_once_one_counts_whole(roster_store: RosterStore, earlier: int) -> None:
    """Who comes second is told, and not a row of theirs is there."""
    for _ in range(earlier):
        roster_store.write(roster_store.roster("music"), [])
    read = roster_store.roster("music")
    lists = [[place(Key(KeyKind.NAME, f"u{n}")) for n in range(at, at + 50)] for at in (0, 25, 50)]
    together = threading.Barrier(len(lists))

    def apply(people: list[Enrolment]) -> bool:
        together.wait(10)
        try:
            roster_store.write(read, people)
        except Busy:
            return False
        return True

    with ThreadPoolExecutor(len(lists)) as threads:
        won = list(threads.map(apply, lists))
    assert sorted(won) == [False, False, True]
    assert set(roster_store.roster("music").enrolments) == set(lists[won.index(True)])


def test_two_thousand_are_written_at_once(roster_store: RosterStore) -> None:
    """Also where a database takes few parameters in a statement."""
    many = [place(Key(KeyKind.NAME, f"user{number}")) for number in range(2000)]
    roster_store.write(roster_store.roster("music"), many)
    roster_store.write(roster_store.roster("music"), many)
    assert len(roster_store.roster("music").enrolments) == 2000


def test_a_person_is_found_by_any_key_while_it_counts(roster_store: RosterStore) -> None:
    """By kind and text together; an enrolment that ends at noon is over at noon."""
    mail, name = Key(KeyKind.EMAIL, "ada@x.no"), ADA
    rows = [
        place(mail), place(name, origin=Origin.HAND, until=NOON + HOUR),
        place(Key(KeyKind.ID, "ada")), place(Key(KeyKind.NAME, "bo")),
    ]  # fmt: skip
    roster_store.write(roster_store.roster("music"), rows)
    assert set(roster_store.counting_for({mail, name}, now=NOON)) == set(rows[:2])
    assert roster_store.counting_for({mail, name}, now=NOON + HOUR) == (rows[0],)
    assert roster_store.counting_for({mail}, now=NOON - HOUR) == ()
    assert set(roster_store.all_counting(now=NOON + HOUR)) == {rows[0], rows[2], rows[3]}
    for now in (NOON, NOON + HOUR):
        counting = roster_store.all_counting(now=now)
        short = sorted((each.course, str(each.key), each.role) for each in counting)
        found = roster_store.roles_counting(now=now)
        assert sorted((course, str(key), role) for course, key, role in found) == short


def test_what_the_last_login_proved_is_kept(roster_store: RosterStore) -> None:
    """An address that is no longer verified opens nothing any more."""
    ada = KnownPerson("ada", id_key("i", "1").text, "ada@x.no", "Ada", NOON)
    roster_store.note_person(ada)
    assert roster_store.person_or_none("ada") == ada
    assert ada.keys == {ADA, id_key("i", "1"), Key(KeyKind.EMAIL, "ada@x.no")}
    later = replace(ada, email=None, seen_at=NOON + HOUR)
    roster_store.note_person(later)
    assert roster_store.all_people() == (later,)
    assert later.keys == {ADA, id_key("i", "1")}
    assert roster_store.person_or_none("bo") is None


def test_two_logins_at_once_are_one_person(roster_store: RosterStore) -> None:
    """In two tabs, the first time."""
    ada = KnownPerson("ada", None, None, "", NOON)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(roster_store.note_person, [ada] * 8))
    assert roster_store.all_people() == (ada,)


def link(**more: object) -> JoinLink:
    return JoinLink("l1", "music", NOON, **more)  # type: ignore[arg-type]


def test_a_link_is_found_by_its_code_alone(link_store: JoinLinkStore) -> None:
    """Whether or not it works still; by another code there is none."""
    link_store.add(link(expires_at=NOON + HOUR, seats=3, by="tea"), code_hash="a" * 64)
    found = link_store.behind_code_or_none("a" * 64)
    assert found == link(expires_at=NOON + HOUR, seats=3, by="tea")
    assert link_store.behind_code_or_none("b" * 64) is None
    assert link_store.of_course("music") == (found,)
    assert link_store.of_course("art") == ()


def test_a_link_is_revoked_once_and_by_its_own_course(link_store: JoinLinkStore) -> None:
    """Another course's staff cannot end it."""
    link_store.add(link(), code_hash="a" * 64)
    assert not link_store.revoke("art", "l1", now=NOON)
    assert link_store.revoke("music", "l1", now=NOON)
    assert not link_store.revoke("music", "l1", now=NOON + HOUR)
    assert link_store.of_course("music")[0].revoked_at == NOON


def test_a_seat_and_its_enrolment_are_one(
    link_store: JoinLinkStore, roster_store: RosterStore
) -> None:
    """Without a seat nobody is enrolled; where the roster has moved on, no seat is used."""
    link_store.add(link(seats=1), code_hash="a" * 64)
    old = roster_store.roster("music")
    roster_store.write(roster_store.roster("music"), [place(Key(KeyKind.NAME, "bo"))])
    with pytest.raises(Busy):
        link_store.use(link(), old, place(origin=Origin.LINK))
    assert link_store.of_course("music")[0].used == 0
    assert link_store.use(link(), roster_store.roster("music"), place(origin=Origin.LINK))
    assert not link_store.use(link(), roster_store.roster("music"), place(origin=Origin.RULE))
    assert link_store.of_course("music")[0].used == 1
    assert len(roster_store.roster("music").enrolments) == 2


def test_a_link_revoked_in_the_last_moment_lets_nobody_in(
    link_store: JoinLinkStore, roster_store: RosterStore
) -> None:
    """Also whoever had it open."""
    link_store.add(link(), code_hash="a" * 64)
    link_store.revoke("music", "l1", now=NOON)
    assert not link_store.use(link(), roster_store.roster("music"), place(origin=Origin.LINK))
    assert roster_store.roster("music").enrolments == ()


def test_entries_are_read_newest_first(engine: Engine) -> None:
    """Of one owner, so many at most."""
    log = EntryLog(engine)
    mine = [
        Entry("ada", "", f"tea{n}", "music", "teacher", NOON + n * timedelta(seconds=1))
        for n in range(5)
    ]
    for each in (*mine, Entry("bo", "", "tea", "music", "teacher", NOON)):
        log.add(each)
    assert log.latest("ada", at_most=3) == tuple(reversed(mine[2:]))
    assert log.latest("cy", at_most=3) == ()
