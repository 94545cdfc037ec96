"""Enrolments and the people they are of, as kept in the lab's database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from crepre_hub.courses.enrolment import Enrolment, Origin
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import STAFF, Role
from crepre_hub.errors import Busy
from crepre_hub.sentences import say
from crepre_hub.store.engine import transaction
from crepre_hub.store.tables import enrolments, people, rosters

AT_ONCE = 500
"""Rows in one statement: SQLite takes 32766 parameters."""


_KINDS = {each.value: each for each in KeyKind}
_ROLES = {each.value: each for each in Role}
_ORIGINS = {each.value: each for each in Origin}
"""A look-up takes a fifth of what an enum's own does, and there are thousands of rows."""


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """
    Somebody who has logged in, as the last login proved it.

    Attributes:
        name: The user name.
        id_key: Text of their ``Key`` of kind *id*; None where the login has no such thing.
        email: Verified; None otherwise.
    """

    name: str
    id_key: str | None
    email: str | None
    display_name: str
    seen_at: datetime

    @property
    def keys(self) -> frozenset[Key]:
        """Everything by which a list may know this person."""
        other = {KeyKind.ID: self.id_key, KeyKind.EMAIL: self.email}
        found = {Key(kind, text) for kind, text in other.items() if text}
        return frozenset({Key(KeyKind.NAME, self.name), *found})


@dataclass(frozen=True, slots=True)
class Roster:
    """A course's enrolments, ended ones as well, and the version that they were read at."""

    course: str
    version: int
    enrolments: tuple[Enrolment, ...]


class RosterStore:
    """
    Enrolments; records in, records out.

    Each method is one transaction and may raise ``StoreUnreachable``. True at every moment: a
    roster that was read before somebody else wrote it is not written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def roster(self, course: str) -> Roster:
        """The roster of *course*; empty where nobody has ever been in it."""
        with transaction(self._engine) as connection:
            version = _version(connection, course)
            rows = connection.execute(
                select(enrolments)
                .where(enrolments.c.course == course)
                .order_by(enrolments.c.key_kind, enrolments.c.key_text, enrolments.c.origin)
            )
            return Roster(course, version, tuple(map(_enrolment, rows)))

    def versions(self) -> Mapping[str, int]:
        """The version of each roster: what tells whether anything has changed."""
        with transaction(self._engine) as connection:
            return {row.course: row.version for row in connection.execute(select(rosters))}

    def write(self, roster: Roster, changed: Iterable[Enrolment]) -> Roster:
        """
        Put *changed* in the places of what *roster* had.

        Raises:
            Busy: If somebody else has written it since it was read; nothing is changed.
        """
        with transaction(self._engine) as connection:
            written = write_enrolments(connection, roster.course, roster.version, tuple(changed))
        return replace(roster, version=written)

    def all_counting(self, *, now: datetime) -> tuple[Enrolment, ...]:
        """Everybody's enrolments that count at *now*."""
        with transaction(self._engine) as connection:
            rows = connection.execute(select(enrolments).where(*_counts(now)))
            return tuple(map(_enrolment, rows))

    def roles_counting(self, *, now: datetime) -> tuple[tuple[str, Key, Role], ...]:
        """The same as course, key and role: what is needed to count, at a third of the time."""
        columns = (enrolments.c[name] for name in ("course", "key_kind", "key_text", "role"))
        with transaction(self._engine) as connection:
            rows = connection.execute(select(*columns).where(*_counts(now)))
            return tuple(
                (course, Key(_KINDS[kind], text), _ROLES[role]) for course, kind, text, role in rows
            )

    def counting_for(self, keys: Collection[Key], *, now: datetime) -> tuple[Enrolment, ...]:
        """The enrolments that count at *now* of whoever has *keys*."""
        with transaction(self._engine) as connection:
            rows = connection.execute(select(enrolments).where(_has(keys), *_counts(now)))
            return tuple(map(_enrolment, rows))

    def staff_of(self, courses: Collection[str], *, now: datetime) -> tuple[Enrolment, ...]:
        """The enrolments of teachers and assistants of *courses* that count at *now*."""
        roles = enrolments.c.role.in_([role.value for role in STAFF])
        with transaction(self._engine) as connection:
            mine = enrolments.c.course.in_(list(courses)), roles, *_counts(now)
            return tuple(map(_enrolment, connection.execute(select(enrolments).where(*mine))))

    def of_origin(self, keys: Collection[Key], origin: Origin) -> tuple[Enrolment, ...]:
        """The enrolments of one origin of whoever has *keys*, ended ones as well."""
        with transaction(self._engine) as connection:
            mine = enrolments.c.origin == origin.value
            rows = connection.execute(select(enrolments).where(_has(keys), mine))
            return tuple(map(_enrolment, rows))

    def person_or_none(self, name: str) -> KnownPerson | None:
        """Whoever has logged in under *name*."""
        with transaction(self._engine) as connection:
            row = connection.execute(select(people).where(people.c.name == name)).one_or_none()
            return None if row is None else _person(row)

    def all_people(self) -> tuple[KnownPerson, ...]:
        """Everybody who has logged in."""
        with transaction(self._engine) as connection:
            return tuple(map(_person, connection.execute(select(people))))

    def note_person(self, person: KnownPerson) -> None:
        """What a login proved takes the place of what the one before did."""
        values = {name: getattr(person, name) for name in people.c.keys()}  # noqa: SIM118
        with transaction(self._engine) as connection:
            same = update(people).where(people.c.name == person.name).values(values)
            if connection.execute(same).rowcount:
                return
        try:
            with transaction(self._engine) as connection:
                connection.execute(insert(people).values(values))
        except IntegrityError:  # a login in another tab was quicker, and proved the same
            return


def write_enrolments(
    connection: Connection, course: str, version: int, changed: Collection[Enrolment]
) -> int:
    """
    Write *changed* to *course* if it is still at *version*.

    Returns:
        The new version.

    Raises:
        Busy: If somebody else has written the roster.
    """
    _count_up(connection, course, version)
    rows = [_row(each) for each in changed]
    place = tuple_(*(enrolments.c[name] for name in ("key_kind", "key_text", "origin")))
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        places = [(row["key_kind"], row["key_text"], row["origin"]) for row in some]
        here = enrolments.c.course == course
        connection.execute(delete(enrolments).where(here, place.in_(places)))
        connection.execute(insert(enrolments), some)
    return version + 1


def _count_up(connection: Connection, course: str, version: int) -> None:
    if version == 0:
        try:
            connection.execute(insert(rosters).values(course=course, version=1))
        except IntegrityError:
            raise _somebody_was_quicker(course) from None
        return
    same = (rosters.c.course == course, rosters.c.version == version)
    changed = connection.execute(update(rosters).where(*same).values(version=version + 1))
    if changed.rowcount != 1:
        raise _somebody_was_quicker(course)


def _somebody_was_quicker(course: str) -> Busy:
    return Busy(
        say("Somebody else has just changed who is in %(course)s.", course=course),
        remedy=say("Look again, then repeat it."),
    )


def _version(connection: Connection, course: str) -> int:
    found = select(rosters.c.version).where(rosters.c.course == course)
    return connection.execute(found).scalar_one_or_none() or 0


def _has(keys: Collection[Key]) -> Any:
    place = tuple_(enrolments.c.key_kind, enrolments.c.key_text)
    return place.in_([(key.kind.value, key.text) for key in keys])


def _counts(now: datetime) -> tuple[Any, Any]:
    """As ``Enrolment.counts``."""
    until = enrolments.c.until
    return enrolments.c.since <= now, until.is_(None) | (until > now)


def _row(each: Enrolment) -> dict[str, object]:
    return {
        "course": each.course,
        "key_kind": each.key.kind.value,
        "key_text": each.key.text,
        "origin": each.origin.value,
        "role": each.role.value,
        "section": each.section,
        "display_name": each.display_name,
        "since": each.since,
        "until": each.until,
        "keep_home_until": each.keep_home_until,
        "by": each.by,
    }


def _enrolment(row: Row[Any]) -> Enrolment:
    return Enrolment(
        course=row.course,
        key=Key(_KINDS[row.key_kind], row.key_text),
        role=_ROLES[row.role],
        origin=_ORIGINS[row.origin],
        since=row.since,
        section=row.section,
        display_name=row.display_name,
        until=row.until,
        keep_home_until=row.keep_home_until,
        by=row.by,
    )


def _person(row: Row[Any]) -> KnownPerson:
    return KnownPerson(**row._mapping)  # noqa: SLF001  (SQLAlchemy's public name for it)
