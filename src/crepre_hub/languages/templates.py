"""
Templates in the language of whoever reads them.

What a template says is written ``{{ _("In English") }}`` or ``{% trans %}``. What Python has said
(``sentences``) is told by a filter: ``{{ page.message | told }}``. The two are not the same: a
message of a template may hold markup and is trusted, what comes from Python is escaped.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from jinja2 import Environment
from jinja2.ext import InternationalizationExtension

from crepre_hub.languages.catalogues import (
    catalogue,
    day_in,
    languages,
    moment_in,
    name_of,
    time_in,
)
from crepre_hub.languages.reading import reading, told
from crepre_hub.languages.upstream import in_our_words
from crepre_hub.languages.words import span, word


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
        environment.filters["told"] = told
        environment.filters["word"] = word
        environment.filters["span"] = span
        environment.filters["day"] = lambda day: day_in(reading().language, day)
        environment.filters["time"] = lambda moment: time_in(reading().language, moment)
        environment.filters["moment"] = lambda moment: moment_in(reading().language, moment)
        environment.filters["utc_moment"] = lambda moment: moment_in(
            reading().language, moment.replace(tzinfo=UTC)
        )
        environment.globals["reading"] = reading
        environment.globals["languages"] = lambda: [(tag, name_of(tag)) for tag in languages()]

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> Any:
        """JupyterHub's templates are only in English; the one that stands around all is mended."""
        return in_our_words(source)
