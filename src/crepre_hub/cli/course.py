"""``crepre course``: which courses there are, how each is set, and its beginning and end."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date

import typer

from crepre_hub.cli import term
from crepre_hub.cli.archive import archive
from crepre_hub.cli.course_files import folder_words, folders_or_why_not, put
from crepre_hub.cli.courses import CourseId, in_words, lab_desks
from crepre_hub.cli.purge import purge, purge_as_dict
from crepre_hub.cli.terminal import AsJson, out, print_json, print_table
from crepre_hub.courses.course import Course
from crepre_hub.courses.endings import is_due
from crepre_hub.courses.enrolment import Enrolment
from crepre_hub.courses.keys import Key
from crepre_hub.courses.roles import STAFF, Role
from crepre_hub.courses.term import Term, term_of
from crepre_hub.desk.desks import CourseDesks
from crepre_hub.store.endings import Purge
from crepre_hub.units import format_size

app = typer.Typer(help="Courses of the lab.", no_args_is_help=True)
app.command("open")(term.open_)
app.command("close")(term.close)
app.command("dates")(term.dates)
app.command("archive")(archive)
app.command("purge")(purge)
app.command("put")(put)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Every course: its people, whether it is open, and until when its homes are kept."""
    with lab_desks() as lab:
        courses = [
            (
                course,
                _members(lab.rosters.enrolments(course)),
                term_of(course, today=lab.people.today),
                _homes(lab, course),
            )
            for course in lab.people.courses().values()
        ]
    if as_json:
        print_json([_summary(*each) for each in courses])
        return
    rows = [
        (c.id, c.title, _people(members), now, _dates(c), str(homes))
        for c, members, now, homes in courses
    ]
    print_table(("course", "title", "staff + students", "state", "dates", "homes"), rows)


@app.command()
def show(course_id: CourseId, as_json: AsJson = False) -> None:
    """One course: its term, profiles, people, data, archives, and what was removed."""
    with lab_desks() as lab:
        course = lab.rosters.course(course_id)
        members = _members(lab.rosters.enrolments(course))
        last = lab.terms.last_switch(course)
        now = term_of(course, today=lab.people.today)
        homes = _homes(lab, course)
    folders, why_not = folders_or_why_not(course.id)
    if as_json:
        profiles = {key: profile.summary for key, profile in course.profiles.items()}
        by_hand = term.switch_as_dict(course, last)
        print_json(
            {
                **_summary(course, members, now, homes),
                "by_hand": by_hand or None,
                "profiles": profiles,
                "folders": {each.name: asdict(each) for each in folders},
                "removed": [purge_as_dict(each) for each in homes.removed],
            }
        )
        return
    out.print(f"{course.id}  {course.title}", markup=False)
    out.print(f"  state      {term.state_in_words(course, last, now)}", markup=False)
    out.print(f"  dates      {_dates(course) or 'none'}", markup=False)
    for role in Role:
        out.print(f"  {role}s".ljust(13) + str(members[role]), markup=False)
    if course.open:
        out.print("  for all    anybody with an account may take part as a student", markup=False)
    for key, profile in course.profiles.items():
        out.print(f"  profile    {key}: {profile.title}, {profile.summary}", markup=False)
    if homes.archived:
        out.print(f"  archives   {homes.archived}", markup=False)
    if str(homes):
        out.print(f"  homes      {homes}", markup=False)
    for each in homes.removed:
        out.print(f"  removed    {_removed(each)}", markup=False)
    for line in folder_words(folders, why_not):
        out.print(f"  {line}", markup=False)


def _members(enrolments: tuple[Enrolment, ...]) -> Counter[Role]:
    """How many people there are of each role; the first list that names somebody decides."""
    roles: dict[Key, Role] = {}
    for each in enrolments:
        roles.setdefault(each.key, each.role)
    return Counter(roles.values())


def _people(members: Counter[Role]) -> str:
    """In few columns; ``crepre course show`` tells teachers from assistants."""
    staff = sum(members[role] for role in STAFF)
    return f"{staff} + {members[Role.STUDENT]}"


@dataclass(frozen=True, slots=True)
class Homes:
    """
    What becomes of a course's homes.

    Attributes:
        kept_until: None where no day was set.
        is_due: Whether that day has come, and nothing was removed since.
        archived: How many homes have an archive.
    """

    kept_until: date | None
    is_due: bool
    archived: int
    removed: tuple[Purge, ...]

    def __str__(self) -> str:
        if self.kept_until is None:
            return ""
        if self.is_due:
            return f"may be purged since {self.kept_until}"
        is_done = self.removed and self.removed[-1].at.astimezone().date() >= self.kept_until
        return "purged" if is_done else f"kept until {self.kept_until}"


def _homes(lab: CourseDesks, course: Course) -> Homes:
    store = lab.stores.ends
    day, removed = store.purge_dates().get(course.id), store.purges_of(course.id)
    last = removed[-1].at if removed else None
    return Homes(
        kept_until=day.purge_on if day else None,
        is_due=day is not None and is_due(day.purge_on, last, today=lab.people.today),
        archived=len({each.owner for each in store.archives_of_course(course.id)}),
        removed=removed,
    )


def _removed(each: Purge) -> str:
    archive = f"{each.archive} sha256:{each.sha256}" if each.archive else "without an archive"
    if each.is_of_folders:
        archive = format_size(each.home_bytes)
    owner = each.owner or "the course's folders"
    return f"{owner}, {in_words(each.at)} by {each.by}: {archive}"


def _summary(course: Course, members: Counter[Role], now: Term, homes: Homes) -> dict[str, object]:
    return {
        "id": course.id,
        "title": course.title,
        "open": course.open,
        "state": now,
        "opens": course.opens,
        "closes": course.closes,
        "homes_kept_until": homes.kept_until,
        "purge_is_due": homes.is_due,
        "archived": homes.archived,
        "members": {f"{role}s": members[role] for role in Role},
    }


def _dates(course: Course) -> str:
    has_dates = course.opens is not None or course.closes is not None
    return term.dates_of(course) if has_dates else ""
