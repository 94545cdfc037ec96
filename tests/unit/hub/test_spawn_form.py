"""The page on which a student chooses a profile."""

from __future__ import annotations

from dataclasses import fields
from html.parser import HTMLParser

import pytest
from jinja2 import Environment, PackageLoader, meta

from crepre_hub.courses.access import Person, offers_for
from crepre_hub.courses.choose import NO_COURSE
from crepre_hub.courses.course import Course
from crepre_hub.desk.launch import Choice
from crepre_hub.hub.spawn_form import SpawnForm, options_from_form, render_form
from crepre_hub.languages.templates import Languages
from crepre_hub.profiles.profile import Profile
from tests.unit.courses.test_access import TODAY, course

HOSTILE = "\"><script>alert(1)</script>{{ 7*7 }}'"


class Inputs(HTMLParser):
    """The inputs and the elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inputs: list[dict[str, str | None]] = []
        self.elements: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        self.elements.append(tag)
        if tag == "input":
            self.inputs.append(dict(attrs))


def form(*courses: Course, selected: str = "") -> str:
    """The form of somebody who is in all *courses*."""
    offers = offers_for(courses, Person("ada", is_admin=True), today=TODAY)
    choice = Choice(offers, selected, None if offers else NO_COURSE)
    return render_form(choice, who="ada", join_url="/hub/join")


def test_each_offer_is_a_card_of_one_choice() -> None:
    """One radio button for each offer, all of one name, all required, each with its own id."""
    inputs = Inputs(form(course("a"), course("b"))).inputs
    assert [each["value"] for each in inputs] == ["a/small", "a/large", "b/small", "b/large"]
    assert {each["name"] for each in inputs} == {"profile"}
    assert {each["type"] for each in inputs} == {"radio"}
    assert len({each["id"] for each in inputs}) == 4


@pytest.mark.parametrize("selected", ["a/small", "a/large"])
def test_the_last_choice_is_checked(selected: str) -> None:
    """Exactly one card is chosen already."""
    inputs = Inputs(form(course("a"), selected=selected)).inputs
    assert [each["value"] for each in inputs if "checked" in each] == [selected]


def test_hostile_titles_stay_text() -> None:
    """Nothing that a course file says becomes an element or a script."""
    profile = Profile(title=HOSTILE, description=HOSTILE)
    page = form(Course(id="a", title=HOSTILE, profiles={"x": profile}))
    assert "script" not in Inputs(page).elements
    assert "<script" not in page
    assert "{{ 7*7 }}" in page


def test_a_card_tells_its_size() -> None:
    """Two CPUs, four gibibytes."""
    assert "2 CPUs, 4 GiB" in form(course("a"))


def test_who_has_nothing_to_choose_is_told_what_to_do() -> None:
    """Who am I, how do I join, and a field for a join code; nothing that could be started."""
    page = form()
    assert "Ask your teacher to add you to the course" in page
    assert "<strong>ada</strong>" in page
    assert 'formaction="/hub/join"' in page
    assert [each["name"] for each in Inputs(page).inputs] == ["code"]


def test_the_template_uses_the_page_and_nothing_else() -> None:
    """The dataclass is what reaches the template; each field is used."""
    loader = PackageLoader("crepre_hub.hub")
    environment = Environment(loader=loader, autoescape=True, extensions=[Languages])
    source = loader.get_source(environment, "spawn_form.html")[0]
    used = meta.find_undeclared_variables(environment.parse(source)) - {"gettext"}
    assert used == {field.name for field in fields(SpawnForm)}


@pytest.mark.parametrize(
    ("posted", "options"),
    [
        ({"profile": ["a/small"], "_xsrf": ["x"]}, {"profile": "a/small"}),
        ({"profile": ["a/small", "b/small"]}, {"profile": ["a/small", "b/small"]}),
        ({"profile": ["a/small"], "image": ["evil"]}, {"profile": "a/small", "image": "evil"}),
        ({"profile": []}, {"profile": []}),
        ({}, {}),
    ],
)
def test_a_posted_form_reaches_the_rules_as_it_is(
    posted: dict[str, list[str]], options: dict[str, object]
) -> None:
    """Nothing is dropped or picked on the way: the rules refuse what is too much."""
    assert options_from_form(posted) == options
