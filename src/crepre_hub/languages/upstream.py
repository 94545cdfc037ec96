"""
JupyterHub's skeleton of a page, in the reader's language.

Its pages are in English alone, and what stands around all of them is in no block that a template of
ours could replace. Jinja lets an extension look at the source of a template before it is compiled:
so it is marked there, as JupyterHub would have to do it.
"""

from __future__ import annotations

from crepre_hub.sentences import say

SKELETON = '<html lang="en">'
"""What no other template has; names are no help, since ours are called as theirs."""

PHRASES = (
    ('aria-label="{}"', say("Toggle navigation")),
    ('aria-label="{}"', say("Close")),
    ("{}\n", say("JupyterHub requires JavaScript.")),
    ("{}\n", say("Please enable it to proceed.")),
)
"""What stands in the skeleton, and where."""

MARKED = (
    (SKELETON, '<html lang="{{ reading().language }}">'),
    ("{{ title }}</h2>", '{{ _("That did not work") if title == "Error" else title }}</h2>'),
)

MODAL = say("That did not work")
"""In the place of "Error", which names the elements for JupyterHub's scripts as well."""


def in_our_words(source: str) -> str:
    """*source* of a template, marked for translation if it is the skeleton."""
    if SKELETON not in source:
        return source
    for place, phrase in PHRASES:
        source = source.replace(place.format(phrase), place.format(f"{{{{ _('{phrase}') }}}}"))
    for old, new in MARKED:
        source = source.replace(old, new)
    return source
