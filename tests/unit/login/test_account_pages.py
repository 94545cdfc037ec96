"""The account pages say what they are given, to people and to password managers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, StrictUndefined

import crepre_hub
from crepre_hub.languages.templates import Languages
from crepre_hub.login.pages import ChangePasswordPage, SignUpPage, Trouble, WelcomePage

TEMPLATES = Path(crepre_hub.__file__).parent / "hub" / "templates"
FRAME = "<title>{% block title %}{% endblock %}</title>{% block main %}{% endblock %}"
TROUBLE = Trouble("It is so.", "Do <this>.")
CASES = {
    "sign-up": ("accounts_sign_up.html", SignUpPage("/x?a=1&b=2")),
    "sign-up again": ("accounts_sign_up.html", SignUpPage("", "<ada", TROUBLE)),
    "welcome": ("accounts_welcome.html", WelcomePage("c", "ada")),
    "welcome again": ("accounts_welcome.html", WelcomePage("c", "ada", TROUBLE)),
    "spent": ("accounts_welcome.html", WelcomePage("", None)),
    "password": ("accounts_password.html", ChangePasswordPage("ada")),
    "password again": ("accounts_password.html", ChangePasswordPage("ada", trouble=TROUBLE)),
    "password done": ("accounts_password.html", ChangePasswordPage("ada", is_done=True)),
}


@pytest.fixture
def pages() -> Environment:
    loaders = [DictLoader({"page.html": FRAME}), FileSystemLoader(TEMPLATES)]
    return Environment(
        loader=ChoiceLoader(loaders),
        undefined=StrictUndefined,
        autoescape=True,
        extensions=[Languages],
    )


def render(pages: Environment, case: str) -> str:
    template, page = CASES[case]
    return pages.get_template(template).render(
        page=page, base_url="/hub/", login_url="/hub/login", xsrf_token="t"
    )


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    def named(self, name: str) -> Iterator[dict[str, str | None]]:
        return (attributes for tag, attributes in self.all if tag == name)


@pytest.mark.parametrize("case", CASES)
def test_a_page_needs_nothing_but_its_fields(pages: Environment, case: str) -> None:
    """It renders with strict undefined names, escapes, and shows its trouble with the remedy."""
    html = render(pages, case)
    if case.endswith("again"):
        assert "It is so." in html
        assert "Do &lt;this&gt;." in html
    assert "<ada" not in html


def test_every_field_is_used_and_explained(pages: Environment) -> None:
    """No field of a page is without help or without a place in its template."""
    for template, page in CASES.values():
        text = (TEMPLATES / template).read_text()
        for field in fields(page):
            assert field.metadata["help"]
            assert f"page.{field.name}" in text


@pytest.mark.parametrize("case", CASES)
def test_every_visible_field_has_a_label_and_a_purpose(pages: Environment, case: str) -> None:
    """Labels for people, ``autocomplete`` for password managers."""
    tags = Tags(render(pages, case))
    labelled = {attributes["for"] for attributes in tags.named("label")}
    for field in tags.named("input"):
        if field.get("type") == "hidden" or "hidden" in field:
            continue
        assert field["id"] in labelled
        if field["type"] != "checkbox":
            assert field["autocomplete"] in ("username", "current-password", "new-password")


@pytest.mark.parametrize("case", [case for case in CASES if case not in ("spent", "password done")])
def test_every_form_is_posted_with_the_hubs_own_token(pages: Environment, case: str) -> None:
    """And with names for all of its fields, so that it works without JavaScript."""
    tags = Tags(render(pages, case))
    (form,) = tags.named("form")
    assert form["method"] == "post"
    assert str(form["action"]).startswith("/hub/")
    assert [field["value"] for field in tags.named("input") if field.get("name") == "_xsrf"] == [
        "t"
    ]


@pytest.mark.parametrize(("sign_up", "links"), [(True, 1), (False, 0)])
def test_the_login_page_links_to_signing_up_only_where_it_is_open(
    pages: Environment, sign_up: bool, links: int
) -> None:
    """And tells everybody what to do about a forgotten password."""
    context: dict[str, Any] = {
        "authenticator": SimpleNamespace(sign_up=sign_up),
        "authenticator_login_url": "/hub/login?next=",
        "announcement_login": None,
        "base_url": "/hub/",
        "login_error": None,
        "next": "",
        "username": "",
        "xsrf": "t",
    }
    html = pages.get_template("login.html").render(context)
    assert len(re.findall("/hub/signup", html)) == links
    assert "Forgot it? Ask your teacher or the lab's admin for a new link." in html


def test_no_page_shouts(pages: Environment) -> None:
    """No exclamation mark reaches a student."""
    for case in CASES:
        assert "!" not in re.sub(r"<!--.*?-->|<script>.*?</script>", "", render(pages, case))
