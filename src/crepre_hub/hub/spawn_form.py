"""The page on which a student chooses a profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined

from crepre_hub.courses.access import Offer
from crepre_hub.courses.choose import OPTION
from crepre_hub.decisions import Refused
from crepre_hub.desk.launch import Choice
from crepre_hub.languages.templates import Languages


@dataclass(frozen=True, slots=True)
class Card:
    """One profile on offer."""

    key: str
    title: str
    description: str
    summary: str
    selected: bool
    gpu: str = ""


@dataclass(frozen=True)
class SpawnForm:
    """What ``spawn_form.html`` may use; nothing else reaches it."""

    option: str = field(metadata={"help": "Name of the form's one field."})
    groups: tuple[tuple[str, tuple[Card, ...]], ...] = field(
        metadata={"help": "Course titles with their cards, in the order of the course files."}
    )
    who: str = field(metadata={"help": "User name of whoever looks at it."})
    why_not: Refused | None = field(metadata={"help": "Why there is nothing on offer."})
    join_url: str = field(metadata={"help": "Where a join code is pasted."})


def render_form(choice: Choice, *, who: str, join_url: str) -> str:
    """HTML of the cards, or of what to do where there are none."""
    groups = tuple(_groups(choice))
    page = SpawnForm(OPTION, groups, who, choice.why_not, join_url)
    values = {each.name: getattr(page, each.name) for each in fields(page)}
    return _templates().get_template("spawn_form.html").render(values)


def options_from_form(form_data: Mapping[str, Sequence[object]]) -> dict[str, object]:
    """
    The options in a posted form; the hub's own fields are left out.

    A field given more than once stays a list, which the rules then refuse.
    """
    return {
        name: values[0] if len(values) == 1 else list(values)
        for name, values in form_data.items()
        if name != "_xsrf"
    }


def _groups(choice: Choice) -> list[tuple[str, tuple[Card, ...]]]:
    return [
        (title, tuple(_card(offer, choice) for offer in group))
        for title, group in groupby(choice.offers, key=lambda offer: offer.course.title)
    ]


def _card(offer: Offer, choice: Choice) -> Card:
    profile = offer.profile
    return Card(
        key=offer.key,
        title=profile.title,
        description=profile.description,
        summary=profile.summary,
        selected=offer.key == choice.selected,
        gpu=choice.gpus.get(offer.key, ""),
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("crepre_hub.hub"),
        extensions=[Languages],
        autoescape=True,
        undefined=StrictUndefined,
    )
