"""
The languages that the lab can speak, from its catalogues in ``locale``.

They are read as people write them (``.po``), when they are first needed: nothing has to be compiled
after a clone.
"""

from __future__ import annotations

import gettext
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from crepre_hub.sentences import Sentence, WeekTime

ENGLISH = "en"
"""What the code and the templates are written in."""

DOMAIN = "crepre"


@cache
def languages() -> tuple[str, ...]:
    """What pages can be read in, English first, by their IETF tags."""
    found = (folder.name for folder in files("crepre_hub").joinpath("locale").iterdir())
    return (ENGLISH, *sorted(name for name in found if name.isalpha()))


@cache
def name_of(language: str) -> str:
    """What a language is called by those who speak it, such as ``Norsk bokmål``."""
    name = Locale.parse(language).get_display_name() or language
    return name[0].upper() + name[1:]


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The messages of *language*, which is one of ``languages()``."""
    if language == ENGLISH:
        return gettext.NullTranslations()
    file = files("crepre_hub").joinpath("locale", language, "LC_MESSAGES", f"{DOMAIN}.po")
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(file.read_bytes()), locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def tell(text: str, language: str) -> str:
    """*text* in *language*; a text that is no sentence of ours stays as it is."""
    if not isinstance(text, Sentence) or not text:
        return text
    messages = catalogue(language)
    if text.plural:
        wording = messages.ngettext(text.wording, text.plural, text.number)
    else:
        wording = messages.gettext(text.wording)
    if not text.values:
        return wording
    return wording % {name: _shown(value, language) for name, value in text.values.items()}


def day_in(language: str, day: date) -> str:
    """``17 August 2026`` or ``17. august 2026``."""
    return format_date(day, "long", locale=_of_dates(language))


def time_in(language: str, moment: datetime) -> str:
    """The time of day to the second, in the machine's time zone, which is the lab's."""
    return format_time(moment.astimezone(), "HH:mm:ss", locale=_of_dates(language))


def moment_in(language: str, moment: datetime) -> str:
    """Day and time in the machine's time zone, which is the lab's."""
    here = moment.astimezone()
    locale = _of_dates(language)
    return f"{format_date(here, 'medium', locale=locale)}, {here:%H:%M}"


def week_time_in(language: str, time: WeekTime) -> str:
    """``Tue 3 Nov 11:40`` or ``tir. 3. nov. 11:40``."""
    if language == ENGLISH:
        return str(time)
    return f"{weekday_in(language, time.moment)} {time.moment:%H:%M}"


def weekday_in(language: str, day: date) -> str:
    """``Tue 3 Nov`` or ``tir. 3. nov.``."""
    if language == ENGLISH:
        return f"{day:%a} {day.day} {day:%b}"
    return str(format_skeleton("MMMEd", day, locale=language))


def _of_dates(language: str) -> str:
    """Where days are written as the lab's English writes them: ``17 August``."""
    return "en_GB" if language == ENGLISH else language


def _shown(value: object, language: str) -> object:
    if isinstance(value, str):
        return tell(value, language)
    if isinstance(value, WeekTime):
        return week_time_in(language, value)
    if isinstance(value, datetime):
        return moment_in(language, value)
    return day_in(language, value) if isinstance(value, date) else value
