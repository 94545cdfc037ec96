"""``crepre course``: which courses there are, and how each is set."""

from __future__ import annotations

from collections import Counter

import typer

from crepre_hub.cli.courses import CourseId, lab_desks
from crepre_hub.cli.terminal import AsJson, out, print_json, print_table
from crepre_hub.courses.course import Course
from crepre_hub.courses.enrolment import Enrolment
from crepre_hub.courses.keys import Key
from crepre_hub.courses.roles import Role

app = typer.Typer(help="Courses of the lab.", no_args_is_help=True)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Every course, with how many people it has."""
    with lab_desks() as lab:
        courses = [
            (course, _members(lab.rosters.enrolments(course)))
            for course in lab.people.courses().values()
        ]
    if as_json:
        print_json([_summary(course, members) for course, members in courses])
        return
    rows = [
        (course.id, course.title, *(str(members[role]) for role in Role), _term(course))
        for course, members in courses
    ]
    print_table(("course", "title", *(f"{role}s" for role in Role), "term"), rows)


@app.command()
def show(course_id: CourseId, as_json: AsJson = False) -> None:
    """One course: its dates, its profiles, its people."""
    with lab_desks() as lab:
        course = lab.rosters.course(course_id)
        members = _members(lab.rosters.enrolments(course))
    if as_json:
        profiles = {key: profile.summary for key, profile in course.profiles.items()}
        print_json({**_summary(course, members), "profiles": profiles})
        return
    out.print(f"{course.id}  {course.title}", markup=False)
    out.print(f"  term       {_term(course) or 'no dates: open always'}", markup=False)
    for role in Role:
        out.print(f"  {role}s".ljust(13) + str(members[role]), markup=False)
    if course.open:
        out.print("  open       anybody with an account may take part as a student", markup=False)
    for key, profile in course.profiles.items():
        out.print(f"  profile    {key}: {profile.title}, {profile.summary}", markup=False)


def _members(enrolments: tuple[Enrolment, ...]) -> Counter[Role]:
    """How many people there are of each role; the first list that names somebody decides."""
    roles: dict[Key, Role] = {}
    for each in enrolments:
        roles.setdefault(each.key, each.role)
    return Counter(roles.values())


def _summary(course: Course, members: Counter[Role]) -> dict[str, object]:
    return {
        "id": course.id,
        "title": course.title,
        "open": course.open,
        "opens": course.opens,
        "closes": course.closes,
        "members": {f"{role}s": members[role] for role in Role},
    }


def _term(course: Course) -> str:
    if course.opens is None and course.closes is None:
        return ""
    return f"{course.opens or '...'} to {course.closes or '...'}"
