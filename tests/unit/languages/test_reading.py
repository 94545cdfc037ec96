"""Who reads in which language, and that they do not mix."""

from __future__ import annotations

import asyncio

import pytest
from jinja2 import Environment

from crepre_hub.languages.reading import Reading, begin, choose_language, reading, told
from crepre_hub.languages.templates import Languages
from crepre_hub.sentences import say


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "nb", "nb"),
        ("", "nb-NO,nb;q=0.9,no;q=0.8,en;q=0.5", "nb"),
        ("", "NB-no", "nb"),
        ("", "no", "nb"),
        ("", "nn-NO, en;q=0.3", "nb"),
        ("", "en;q=0.3, nb;q=0.8", "nb"),
        ("", "en, nb", "en"),
        ("", "fr, de;q=0.9, nb;q=0.1", "nb"),
        ("", "fr-FR", "en"),
        ("", "nb;q=0, en", "en"),
        ("", "nb;q=x", "en"),
        ("", ";;;,,,q=1", "en"),
        ("", "*", "en"),
        ("", "x" * 100_000, "en"),
        ("en", "nb", "en"),
        ("nb", "en", "nb"),
        ("../nb", "en", "en"),
        ("xx", "nb", "nb"),
    ],
)
def test_what_somebody_chose_counts_then_what_the_browser_likes_best(
    chosen: str, accepted: str, language: str
) -> None:
    """A near language before English; nonsense is English."""
    assert choose_language(chosen, accepted) == language


async def test_two_requests_at_the_same_time_never_mix() -> None:
    """Each task has the language that was noted in it, however they take turns."""

    async def read(language: str, times: int) -> set[str]:
        begin(Reading(language))
        seen = set()
        for _ in range(times):
            seen.add(told(say("teacher")))
            await asyncio.sleep(0)
        return seen

    english, norwegian = await asyncio.gather(read("en", 50), read("nb", 50))
    assert (english, norwegian) == ({"teacher"}, {"lærer"})
    assert reading() == Reading()


def test_nobody_reads_english() -> None:
    """The command line and the logs."""
    assert told(say("teacher")) == "teacher"


async def test_a_template_asks_each_time_who_reads_it() -> None:
    """Nothing of the first reader's language stays in a compiled template."""
    page = Environment(extensions=[Languages], autoescape=True).from_string(
        '{{ "teacher" | word }}, {{ _("Log out") }}, {% trans %}Log in{% endtrans %}'
    )

    async def read(language: str) -> str:
        begin(Reading(language))
        return page.render()

    seen = [await asyncio.create_task(read(language)) for language in ("en", "nb", "en")]
    assert seen == ["teacher, Log out, Log in", "lærer, Logg ut, Logg inn", seen[0]]
