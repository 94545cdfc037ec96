"""
The way from the home to the course's folders: the link ``~/courses/<id>``.

The folders themselves are wherever the backend has put them, so the link makes their path the same
everywhere, and a click away in JupyterLab. What a student has under that name stays.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from crepre_seat.facts import SeatFacts

log = logging.getLogger("crepre_seat")

COURSES = "courses"


def link_course_folder(facts: SeatFacts) -> str:
    """
    Make the link where there is none.

    Returns:
        What keeps it from being made, for the student; empty if it is there, or there is nothing
        to lead to.
    """
    place = Path(facts.course_folder)
    if not facts.course_folder or not place.is_dir() or _is_content(facts, place.name):
        return ""
    link = facts.home / COURSES / place.name
    try:
        _remove_stale(link.parent, place.parent)
        if not os.path.lexists(link):
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(place)
        elif _leads_nowhere(link):
            link.unlink()
            link.symlink_to(place)
    except FileExistsError:
        return _sentence(link.parent, place, facts.home)
    except OSError as problem:
        log.info("No link to %s, since the home takes none: %s", place, problem.strerror)
        return ""
    leads_there = os.path.realpath(link) == os.path.realpath(place)
    return "" if leads_there else _sentence(link, place, facts.home)


def _is_content(facts: SeatFacts, course: str) -> bool:
    """Whether the course's own files are to be where the link would be."""
    return facts.content is not None and facts.content.folder in (COURSES, f"{COURSES}/{course}")


def _remove_stale(courses: Path, places: Path) -> None:
    """Remove links of ours to courses that the server does not run for."""
    if not courses.is_dir():
        return
    for link in courses.iterdir():
        if link.is_symlink() and link.readlink() == places / link.name and not link.exists():
            link.unlink()


def _leads_nowhere(link: Path) -> bool:
    """Whether *link* led to this course's folders where the lab kept them before."""
    ending = Path(COURSES, link.name).parts
    return link.is_symlink() and not link.exists() and link.readlink().parts[-2:] == ending


def _sentence(blamed: Path, place: Path, home: Path) -> str:
    return (
        f"The course's folders are in {place}. ~/{blamed.relative_to(home)} is a file of yours, so"
        " there is no link to them. Rename it, then stop and start your server."
    )
