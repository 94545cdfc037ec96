"""
Templates in the language of whoever reads them.

What a template says is written ``{{ _("In English") }}`` or ``{% trans %}``. What Python has said
(``sentences``) is told by a filter: ``{{ page.message | told }}``. The two are not the same: a
message of a template may hold markup and is trusted, what comes from Python is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.ext import InternationalizationExtension
from jinja2.runtime import Context

from crepre_hub.languages.catalogues import (
    catalogue,
    day_in,
    languages,
    moment_in,
    name_of,
    time_in,
    weekday_in,
)
from crepre_hub.languages.reading import reading, told
from crepre_hub.languages.upstream import in_our_words
from crepre_hub.languages.words import span, word

FILTERS: Mapping[str, Callable[[Any], str]] = {
    "told": told,
    "word": word,
    "span": span,
    "day": lambda day: day_in(reading().language, day),
    "weekday": lambda day: weekday_in(reading().language, day),
    "time": lambda moment: time_in(reading().language, moment),
    "moment": lambda moment: moment_in(reading().language, moment),
    "utc_moment": lambda moment: moment_in(reading().language, moment.replace(tzinfo=UTC)),
}


def _when_read(tell: Callable[[Any], str]) -> Callable[[Context, Any], str]:
    """*tell* as a filter that Jinja asks at each reading, and not once when it compiles."""

    @pass_context
    def filter_of_reader(_context: Context, value: Any) -> str:
        return tell(value)

    return filter_of_reader


class Languages(InternationalizationExtension):
    """Jinja's own extension for gettext, which asks at each message who reads it."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.policies["ext.i18n.trimmed"] = True
        environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension's own
            lambda message: catalogue(reading().language).gettext(message),
            lambda one, more, n: catalogue(reading().language).ngettext(one, more, n),
            newstyle=True,
        )
        environment.filters |= {name: _when_read(each) for name, each in FILTERS.items()}
        environment.globals["reading"] = reading
        environment.globals["languages"] = lambda: [(tag, name_of(tag)) for tag in languages()]

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> Any:
        """JupyterHub's templates are only in English; the one that stands around all is mended."""
        return in_our_words(source)
