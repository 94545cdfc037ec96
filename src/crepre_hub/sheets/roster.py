"""From rows to the people of a course; everything that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from crepre_hub.courses.columns import (
    Field,
    guess_columns,
    heading_index,
    is_passed_over,
    role_or_none,
)
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.courses.roster import Wanted
from crepre_hub.sentences import say
from crepre_hub.sheets.problems import SheetError, SheetProblem
from crepre_hub.sheets.rows import Row, rows_of
from crepre_hub.sheets.text import decode

LOOK_AT = 10
"""The headings are in one of the first rows: some systems write titles above them."""

NOBODY = say("there is nobody below the headings")

LONGEST_SECTION = 80
LONGEST_NAME = 120

KeyOf = Callable[[str], Key]


@dataclass(frozen=True, slots=True)
class RosterSheet:
    """
    A list of people, and how it was understood.

    Attributes:
        people: In the order of the file.
        columns: What was taken from which heading, to be shown.
        headings: All that there are, in their order.
        separator: What stands between cells.
        passed_over: A sentence for each row that is nobody, such as Canvas' test student.
    """

    people: tuple[Wanted, ...]
    columns: Mapping[Field, str]
    headings: tuple[str, ...]
    encoding: str
    separator: str
    passed_over: tuple[SheetProblem, ...] = ()


def read_roster(
    data: bytes,
    *,
    key_of: KeyOf,
    kind: KeyKind,
    columns: Mapping[Field, str] | None = None,
    encoding: str = "",
) -> RosterSheet:
    """
    The people in an exported list.

    Args:
        data: The file.
        key_of: From what a cell says to a key; raises ``ValueError``.
        kind: What people are told by.
        columns: Headings that the guess is to leave alone; empty for no column of that field.

    Raises:
        SheetError: With every line that is wrong; nothing of the list is used.
    """
    decoded = decode(data, encoding=encoding)
    separator, rows = rows_of(decoded.text)
    header, places = _headings(rows, Field(kind.value), columns or {})
    below = [row for row in rows if row.line > header.line]
    reading = _Reading(key_of, Field(kind.value), places, len(header.cells))
    for row in below:
        reading.take(row)
    if not reading.people and not reading.problems:
        reading.problems.append(SheetProblem(header.line, NOBODY))
    if reading.problems:
        raise SheetError(reading.problems)
    return RosterSheet(
        people=tuple(person for person, _ in reading.people.values()),
        columns={field: header.cells[at] for field, at in places.items()},
        headings=header.cells,
        encoding=decoded.encoding,
        separator=separator,
        passed_over=tuple(reading.passed_over),
    )


def headings_of(data: bytes, *, encoding: str = "") -> tuple[str, ...]:
    """
    The headings of a list in which the people were not found: the row that knows most fields.

    Raises:
        SheetError: If *data* is no list at all.
    """
    _, rows = rows_of(decode(data, encoding=encoding).text)
    return max(rows[:LOOK_AT], key=lambda row: len(guess_columns(row.cells))).cells


def _headings(
    rows: Sequence[Row], key: Field, said: Mapping[Field, str]
) -> tuple[Row, dict[Field, int]]:
    """The row of headings, and the place of each field that is used."""
    for row in rows[:LOOK_AT]:
        places = guess_columns(row.cells)
        named = {f: heading_index(row.cells, heading) for f, heading in said.items() if heading}
        if any(at is None for at in named.values()):
            continue
        places.update({field: at for field, at in named.items() if at is not None})
        places = {field: at for field, at in places.items() if said.get(field) != ""}
        if key in places:
            return row, {f: at for f, at in places.items() if f not in _KEYS or f is key}
    first = ", ".join(repr(cell[:40]) for cell in rows[0].cells[:12])
    text = say(
        "there is no column of %(what)s (the headings are: %(headings)s)",
        what=_KEYS[key],
        headings=first,
    )
    wanted = [f"{field} {heading!r}" for field, heading in said.items() if heading]
    if wanted:
        text = say(
            "there are no columns %(wanted)s (the headings are: %(headings)s)",
            wanted=", ".join(wanted),
            headings=first,
        )
    remedy = f"Name it: --column {key}=HEADING"
    raise SheetError([SheetProblem(rows[0].line, text)], remedy=remedy)


_KEYS = {
    Field.NAME: say("user names"),
    Field.EMAIL: say("e-mail addresses"),
    Field.ID: say("ids"),
}


_KEY = {Field.NAME: say("name"), Field.EMAIL: say("email"), Field.ID: say("id")}


class _Reading:
    """Goes through the rows; people and problems are what came of it."""

    def __init__(self, key_of: KeyOf, key: Field, places: Mapping[Field, int], width: int) -> None:
        self._key_of = key_of
        self._key = key
        self._places = places
        self._width = width
        self.people: dict[Key, tuple[Wanted, int]] = {}
        self.problems: list[SheetProblem] = []
        self.passed_over: list[SheetProblem] = []

    def take(self, row: Row) -> None:
        """Note who is in *row*, or what is wrong with it."""
        if any(row.cells[self._width :]):
            text = say(
                "has %(count)s cells, and there are %(headings)s headings",
                count=len(row.cells),
                headings=self._width,
            )
            self.problems.append(SheetProblem(row.line, text))
            return
        why_not = self._nobody(row)
        if why_not:
            self.passed_over.append(SheetProblem(row.line, why_not))
            return
        try:
            person = self._person(row)
        except ValueError as error:
            self.problems.append(SheetProblem(row.line, error.args[0]))
            return
        self._note(person, row.line)

    def _cell(self, row: Row, field: Field) -> str:
        at = self._places.get(field)
        return row.cells[at] if at is not None and at < len(row.cells) else ""

    def _nobody(self, row: Row) -> str:
        """Why *row* is passed over; empty where it is a person."""
        if is_passed_over(self._cell(row, Field.ROLE)):
            role = repr(self._cell(row, Field.ROLE))
            return say("the role %(role)s is no member of a course", role=role)
        name = self._cell(row, Field.FULL_NAME).lower()
        if not self._cell(row, self._key) and name in _CANVAS_ROWS:
            return say("%(name)s is nobody", name=repr(name))
        return ""

    def _person(self, row: Row) -> Wanted:
        written = self._cell(row, self._key)
        try:
            key = self._key_of(written)
        except ValueError as error:
            text = say("the %(field)s %(why)s", field=_KEY[self._key], why=error.args[0])
            raise ValueError(text) from None
        return Wanted(
            key=key,
            role=_role(self._cell(row, Field.ROLE)) if Field.ROLE in self._places else None,
            section=self._section(row) if Field.SECTION in self._places else None,
            display_name=_plain(self._display_name(row), say("name"), LONGEST_NAME),
        )

    def _section(self, row: Row) -> str:
        return _plain(self._cell(row, Field.SECTION), say("section"), LONGEST_SECTION)

    def _display_name(self, row: Row) -> str:
        both = (self._cell(row, Field.FIRST_NAME), self._cell(row, Field.LAST_NAME))
        return " ".join(filter(None, both)) or self._cell(row, Field.FULL_NAME)

    def _note(self, person: Wanted, line: int) -> None:
        earlier, earlier_line = self.people.setdefault(person.key, (person, line))
        for what, before, now in _differences(earlier, person):
            text = say(
                "%(who)s has the %(what)s %(now)s; line %(line)s says %(before)s",
                who=person.key,
                what=what,
                now=repr(now),
                line=earlier_line,
                before=repr(before),
            )
            self.problems.append(SheetProblem(line, text))


_CANVAS_ROWS = {"points possible", "student, test", "test student"}
"""Canvas' gradebook has them among the students."""


def _differences(one: Wanted, other: Wanted) -> Iterator[tuple[str, str, str]]:
    """How two rows of one person contradict each other."""
    if one.role is not other.role:
        yield say("role"), str(one.role), str(other.role)
    if one.section != other.section:
        yield say("section"), str(one.section), str(other.section)


def _role(written: str) -> Role:
    if not written:
        return Role.STUDENT
    role = role_or_none(written)
    if role is None:
        known = ", ".join(Role)
        text = say(
            "%(role)s is not a role that we know; write one of %(known)s",
            role=repr(written[:40]),
            known=known,
        )
        raise ValueError(text)
    return role


def _plain(written: str, what: str, longest: int) -> str:
    """*written*, if it is what it looks like in every spreadsheet."""
    if written == "-":
        return ""
    if written[:1] in tuple("=+@-"):
        raise ValueError(
            say("the %(what)s %(text)s is a formula", what=what, text=repr(written[:40]))
        )
    if len(written) > longest:
        raise ValueError(
            say("the %(what)s has more than %(most)s characters", what=what, most=longest)
        )
    if not written.isprintable():
        text = say(
            "the %(what)s %(text)s has a character that cannot be seen",
            what=what,
            text=repr(written[:40]),
        )
        raise ValueError(text)
    return written
