"""What the start page may use of its reader's own affairs; nothing else of them reaches it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jupyterhub import orm
from jupyterhub.utils import url_escape_path

from crepre_hub.courses.course import Course
from crepre_hub.courses.invitation import Invitation
from crepre_hub.courses.standing import group_of
from crepre_hub.desk.desks import CourseDesks
from crepre_hub.desk.my_page import MyCourse
from crepre_hub.desk.people import HubUser
from crepre_hub.desk.usage import Week
from crepre_hub.errors import StoreUnreachable
from crepre_hub.hub.running import running_of
from crepre_hub.store.entries import Entry

STAFF_GROUPS = (("teachers", "teacher"), ("assistants", "assistant"))


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody who can be invited; *value* is what the form posts."""

    value: str
    name: str
    role: str
    course: str


@dataclass(frozen=True, slots=True)
class Host:
    """Somebody who has invited the reader."""

    name: str
    url: str
    until: datetime


@dataclass(frozen=True, slots=True)
class MyPage:
    """For ``home.html``."""

    courses: tuple[MyCourse, ...] = field(
        default=(), metadata={"help": "The reader's courses, in the order of the files."}
    )
    runs_for: str = field(default="", metadata={"help": "Course and profile of the server."})
    since: datetime | None = field(default=None, metadata={"help": "When the server started."})
    week: Week | None = field(default=None, metadata={"help": "How long servers ran this week."})
    staff: tuple[StaffMember, ...] = field(
        default=(), metadata={"help": "Who can be invited; empty for whoever may invite nobody."}
    )
    invited: tuple[Invitation, ...] = field(default=(), metadata={"help": "Who is, by now."})
    hosts: tuple[Host, ...] = field(default=(), metadata={"help": "Who has invited the reader."})
    visitors: tuple[Entry, ...] = field(
        default=(), metadata={"help": "Who opened the reader's server, the newest first."}
    )
    teaching: tuple[Course, ...] = field(
        default=(), metadata={"help": "The courses whose pages the reader may see."}
    )
    titles: Mapping[str, str] = field(
        default_factory=dict,
        metadata={"help": "What a course of a run or a visit is called; one that is gone is not."},
    )
    trouble: StoreUnreachable | None = field(
        default=None, metadata={"help": "Why all this is missing, if it is."}
    )


def my_page(user: Any, desks: CourseDesks) -> MyPage:
    """The page of *user*; without the lab's database it has the server alone."""
    reader = HubUser(user.name, bool(user.admin), running_of(user))
    spawner = user.spawner
    titles = {course.id: course.title for course in desks.people.courses().values()}
    try:
        return MyPage(
            courses=desks.mine.courses(reader),
            runs_for=_runs_for(spawner, desks),
            since=spawner.orm_spawner.started if spawner.active else None,
            week=desks.usage.week_of(user.name),
            staff=tuple(_staff(user, desks, reader)),
            invited=desks.inviting.by(user.name),
            hosts=tuple(_host(each, user) for each in desks.inviting.for_guest(user.name)),
            visitors=desks.visits.visitors_of(user.name),
            teaching=desks.page.courses_of(reader),
            titles=titles,
        )
    except StoreUnreachable as trouble:
        return MyPage(trouble=trouble)


def _runs_for(spawner: Any, desks: CourseDesks) -> str:
    course = desks.people.courses().get(getattr(spawner, "course", ""))
    if course is None or not spawner.active:
        return ""
    profile = course.profiles.get(spawner.profile)
    return f"{course.title} · {profile.title}" if profile else course.title


def _staff(user: Any, desks: CourseDesks, reader: HubUser) -> Iterator[StaffMember]:
    """The staff of the reader's courses, as the hub's groups have them."""
    courses = desks.people.courses()
    for course in desks.inviting.courses_of(reader):
        for what, role in STAFF_GROUPS:
            group = orm.Group.find(user.db, group_of(course, what))
            for name in sorted(each.name for each in group.users) if group else ():
                yield StaffMember(f"{course}/{name}", name, role, courses[course].title)


def _host(invitation: Invitation, guest: Any) -> Host:
    url = f"{guest.settings['base_url']}user/{url_escape_path(invitation.owner)}/"
    return Host(invitation.owner, url, invitation.expires_at)
