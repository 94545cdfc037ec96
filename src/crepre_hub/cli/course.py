"""``crepre course``: which courses there are, how each is set, and its beginning and end."""

from __future__ import annotations

from collections import Counter

import typer

from crepre_hub.cli import term
from crepre_hub.cli.courses import CourseId, lab_desks
from crepre_hub.cli.terminal import AsJson, out, print_json, print_table
from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment
from crepre_hub.courses.keys import Key
from crepre_hub.courses.roles import Role
from crepre_hub.courses.term import Term, term_of

app = typer.Typer(help="Courses of the lab.", no_args_is_help=True)
app.command("open")(term.open_)
app.command("close")(term.close)
app.command("dates")(term.dates)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Every course, with how many people it has, and whether it is open."""
    with lab_desks() as lab:
        courses = [
            (
                course,
                _members(lab.rosters.enrolments(course)),
                term_of(course, today=lab.people.today),
            )
            for course in lab.people.courses().values()
        ]
    if as_json:
        print_json([_summary(course, members, now) for course, members, now in courses])
        return
    rows = [
        (c.id, c.title, *(str(members[role]) for role in Role), now, _dates(c))
        for c, members, now in courses
    ]
    print_table(("course", "title", *(f"{role}s" for role in Role), "is", "dates"), rows)


@app.command()
def show(course_id: CourseId, as_json: AsJson = False) -> None:
    """One course: its term, its profiles, its people."""
    with lab_desks() as lab:
        lab.rosters.course(course_id)  # says which there are
        course = lab.people.courses()[course_id]
        members = _members(lab.rosters.enrolments(course))
        last = lab.terms.last_switch(course)
        now = term_of(course, today=lab.people.today)
    if as_json:
        profiles = {key: profile.summary for key, profile in course.profiles.items()}
        by_hand = term.switch_as_dict(course, last)
        print_json({**_summary(course, members, now), "by_hand": by_hand, "profiles": profiles})
        return
    out.print(f"{course.id}  {course.title}", markup=False)
    out.print(f"  is         {term.state_in_words(course, last, now)}", markup=False)
    out.print(f"  dates      {_dates(course) or 'none'}", markup=False)
    for role in Role:
        out.print(f"  {role}s".ljust(13) + str(members[role]), markup=False)
    if course.open:
        out.print("  for all    anybody with an account may take part as a student", markup=False)
    for key, profile in course.profiles.items():
        out.print(f"  profile    {key}: {profile.title}, {profile.summary}", markup=False)


def _members(enrolments: tuple[Enrolment, ...]) -> Counter[Role]:
    """How many people there are of each role; the first list that names somebody decides."""
    roles: dict[Key, Role] = {}
    for each in enrolments:
        roles.setdefault(each.key, each.role)
    return Counter(roles.values())


def _summary(course: Course, members: Counter[Role], now: Term) -> dict[str, object]:
    return {
        "id": course.id,
        "title": course.title,
        "open": course.open,
        "is": now,
        "opens": course.opens,
        "closes": course.closes,
        "members": {f"{role}s": members[role] for role in Role},
    }


def _dates(course: Course) -> str:
    has_dates = course.opens is not None or course.closes is not None
    return term.dates_of(course) if has_dates else ""
