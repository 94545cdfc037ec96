"""``crepre roster join-link``: links that make whoever opens them a student."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

import typer

from crepre_hub.cli.courses import CourseId, in_words, lab_desks, lab_url, section_of
from crepre_hub.cli.terminal import AsJson, out, print_json, print_table
from crepre_hub.clock import utc_now
from crepre_hub.courses.links import JoinLink
from crepre_hub.units import parse_duration


def join_link(
    course_id: CourseId,
    *,
    role: Annotated[
        Literal["student"], typer.Option(help="What it makes of people; nothing but this.")
    ] = "student",
    expires: Annotated[str, typer.Option(help='How long it works, like "14 d".')] = "14 d",
    seats: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="How many may use it.")
    ] = None,
    section: Annotated[
        str, typer.Option(help="The group within the course that people come into.")
    ] = "",
    revoke: Annotated[str, typer.Option(metavar="ID", help="End this link.")] = "",
    list_links: Annotated[bool, typer.Option("--list", help="Show the links.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a join link, show the course's links, or revoke one."""
    life = _life(expires)
    with lab_desks() as lab:
        course = lab.rosters.course(course_id)
        if revoke:
            lab.joining.revoke(course, revoke)
        elif not list_links:
            group = section_of(section)
            link, code = lab.joining.make(course, life=life, seats=seats, section=group)
            url = f"{lab_url()}/hub/join/{code.reveal()}"
            _print_new(link, code.reveal(), url, as_json)
            return
        links = lab.joining.links(course)
    _print_links(links, as_json)


def _life(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _print_new(link: JoinLink, code: str, url: str, as_json: bool) -> None:
    if as_json:
        print_json({**_as_dict(link), "code": code, "link": url})
        return
    out.print(url, markup=False)
    out.print(f"Or type the code at /hub/join: {code}", markup=False)
    limit = f"{link.seats} seats" if link.seats else "any number of people"
    out.print(f"Link {link.id}: until {in_words(link.expires_at)}, for {limit}.", markup=False)
    out.print("It cannot be shown again; make another one if it gets lost.")


def _print_links(links: tuple[JoinLink, ...], as_json: bool) -> None:
    if as_json:
        print_json([_as_dict(link) for link in links])
        return
    now = utc_now()
    rows = [
        (
            link.id,
            _state(link, now),
            str(link.used),
            str(link.seats or ""),
            link.section,
            in_words(link.expires_at),
        )
        for link in links
    ]
    print_table(("link", "state", "used", "seats", "section", "until"), rows)


def _state(link: JoinLink, now: datetime) -> str:
    trouble = link.trouble(now=now)
    return trouble.reason.removeprefix("link-") if trouble else "works"


def _as_dict(link: JoinLink) -> dict[str, object]:
    return {
        "id": link.id,
        "course": link.course,
        "state": _state(link, utc_now()),
        "expires_at": link.expires_at,
        "seats": link.seats,
        "used": link.used,
        "section": link.section,
    }
