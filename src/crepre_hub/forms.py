"""Texts of one form, as the fields of a model."""

from __future__ import annotations

import re

from pydantic import AfterValidator


def in_form(pattern: str, words: str) -> AfterValidator:
    """
    Lets a text through that matches *pattern* as a whole.

    Raises:
        ValueError: Where it does not; says in *words* what would be right.
    """
    form = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(f"{text!r} does not have the right form: {words}")
        return text

    return AfterValidator(check)
