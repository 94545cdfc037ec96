"""A page in the home of whoever is here for the first time."""

from __future__ import annotations

import logging
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from crepre_seat.facts import SeatFacts

log = logging.getLogger("crepre_seat")

NAME = "Welcome.md"
LANGUAGE = "en"
"""The page's language: the name of its template beside this file."""


@dataclass(frozen=True, slots=True)
class WelcomePage:
    """What a template may use; nothing else reaches it."""

    course: str
    profile: str
    size: str
    larger: str
    gpus: str
    repository: str
    folder: str
    open: str
    open_link: str
    folders: str


def render(facts: SeatFacts, language: str = LANGUAGE) -> str:
    """The page in Markdown; a name that the template does not know or misspells is an error."""
    from jinja2 import Environment, StrictUndefined

    content = facts.content
    page = WelcomePage(
        course=facts.course or "your lab",
        profile=facts.profile,
        size=facts.size,
        larger=facts.larger,
        gpus=facts.gpus,
        repository=content.repository if content else "",
        folder=content.folder if content else "",
        open=content.open if content else "",
        open_link=quote(content.first) if content else "",
        folders=f"courses/{PurePosixPath(facts.course_folder).name}" if facts.course_folder else "",
    )
    text = Path(__file__).with_name(f"{language}.md").read_text(encoding="utf-8")
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  (Markdown, and JupyterLab cleans what it renders)
    )
    values = {each.name: getattr(page, each.name) for each in fields(page)}
    return environment.from_string(text).render(values)


def ensure_welcome(facts: SeatFacts) -> bool:
    """
    Write the page, unless this home has had it already or has a file of that name.

    Returns:
        Whether it was written now. A home that takes no file gets none, and is tried again at the
        next start.
    """
    page, mark = facts.home / NAME, facts.state / "welcomed"
    if not facts.course:
        return False
    try:
        if mark.exists():
            return False
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch(exist_ok=False)
        return _written(page, render(facts), or_else=mark)
    except OSError as problem:
        log.info("No page of welcome, since the home takes none: %s", problem.strerror)
        return False


def _written(page: Path, text: str, *, or_else: Path) -> bool:
    """
    Whether *page* was made now; one that is there stays.

    Raises:
        OSError: If it could not be written; what was begun, and *or_else*, are gone again.
    """
    made = False
    try:
        with page.open("x", encoding="utf-8") as file:
            made = True
            file.write(text)
    except FileExistsError:
        return False
    except OSError:
        or_else.unlink(missing_ok=True)
        if made:
            page.unlink()
        raise
    return True
