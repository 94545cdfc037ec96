"""The catalogues: complete, in step with the pages, and harmless."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import crepre_hub
from crepre_hub.languages.catalogues import ENGLISH, languages
from crepre_hub.languages.templates import Languages

ROOT = Path(__file__).parents[3]
TEMPLATES = Path(crepre_hub.__file__).parent / "hub" / "templates"
OTHERS = [language for language in languages() if language != ENGLISH]
PLACE = re.compile(r"%\(\w+\)\w|%%")
MARKUP = re.compile(r"</?\w+>")


def messages_of(language: str) -> Catalog:
    text = files("crepre_hub").joinpath("locale", language, "LC_MESSAGES", "crepre.po")
    with text.open("rb") as file:
        return read_po(file, locale=language)


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What the code and the templates say today, found as ``make messages`` finds it."""
    found = re.search(r"^EXTRACT := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert found
    file = tmp_path_factory.mktemp("messages") / "crepre.pot"
    words = found[1].replace("pyproject.toml", str(ROOT / "pyproject.toml"))
    words = re.sub(r"\bsrc$", str(ROOT / "src"), words)
    CommandLineInterface().run(["pybabel", *shlex.split(words), "-o", str(file)])
    with file.open("rb") as pot:
        return read_po(pot)


def ids(catalogue: Catalog) -> set[object]:
    return {message.id for message in catalogue if message.id}


def versions(message: Message) -> Iterator[tuple[str, str]]:
    """Each wording in English with its translation; all plural forms against the plural."""
    if isinstance(message.id, tuple):
        yield from ((message.id[1], text) for text in message.string)
    else:
        yield str(message.id), str(message.string)


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_what_the_pages_say_and_nothing_else(
    language: str, extracted: Catalog
) -> None:
    """Nothing is missing, nothing is left over; `make messages` mends it."""
    assert len(ids(extracted)) > 100
    assert ids(messages_of(language)) == ids(extracted)


@pytest.mark.parametrize("language", OTHERS)
def test_everything_is_translated(language: str) -> None:
    """No message is empty, and none is a guess."""
    for message in messages_of(language):
        if message.id:
            assert not message.fuzzy, message.id
            assert all(text.strip() for _, text in versions(message)), message.id


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_places_and_the_markup_of_the_original(language: str) -> None:
    """A value that is missing is a gap; one too many is an error page; markup is the page's."""
    for message in messages_of(language):
        for english, text in versions(message) if message.id else ():
            assert set(PLACE.findall(text)) == set(PLACE.findall(english)), message.id
            assert sorted(MARKUP.findall(text)) == sorted(MARKUP.findall(english)), message.id
            assert text.count("<") == len(MARKUP.findall(text)), message.id


@pytest.mark.parametrize("language", OTHERS)
def test_endings_agree(language: str) -> None:
    """A sentence is a sentence, a label a label: pages tell our words by their full stop."""
    for message in messages_of(language):
        for english, text in versions(message) if message.id else ():
            assert text[-1:] == english[-1:] or text[-1].isalnum() == english[-1].isalnum()
            assert text.endswith(".") == english.endswith("."), message.id


@cache
def environment() -> Environment:
    return Environment(autoescape=True, extensions=[Languages])


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda file: file.name)
def test_a_template_translates_only_what_stands_in_it(template: Path) -> None:
    """What comes from elsewhere would be trusted as markup: for that there is ``| told``."""
    tree = environment().parse(template.read_text())
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in ("_", "gettext", "ngettext"):
            fixed = call.args[: 2 if call.node.name == "ngettext" else 1]
            assert fixed, f"line {call.lineno}"
            assert all(isinstance(each, nodes.Const) for each in fixed), f"line {call.lineno}"


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda file: file.name)
def test_a_template_says_nothing_in_english_alone(template: Path) -> None:
    """Each word between tags, in a label or in a script is marked for translation."""
    assert not list(unmarked(template.read_text()))


KEPT = {"JupyterLab", "UTC"}
LOUD = re.compile(r'\b(?:aria-label|title|placeholder|alt)="([^"{]*[A-Za-z][^"{]*)"')
SAID = re.compile(r'\btextContent = "|\bset\("|\bsay\("|document\.title = "')


def unmarked(source: str) -> Iterator[str]:
    """Words that people would see and no catalogue knows."""
    visible = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    visible = re.sub(r"\{%-?\s*trans\b.*?endtrans.*?%\}", "", visible, flags=re.DOTALL)
    scripts = re.findall(r"<script>(.*?)</script>", visible, flags=re.DOTALL)
    yield from (each for script in scripts for each in SAID.findall(script))
    visible = re.sub(r"<(script|style)>.*?</\1>", "", visible, flags=re.DOTALL)
    yield from LOUD.findall(visible)
    visible = re.sub(r"<code>.*?</code>", "", visible)  # as it is typed
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", visible, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", "\n", text)
    for line in text.splitlines():
        words = line.strip(" ·().,?!:;\n\t")
        if re.search(r"[A-Za-z]{2}", words) and words not in KEPT:
            yield words
