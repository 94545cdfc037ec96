"""From what pydantic says of a file to one line for each mistake."""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from crepre_hub.units import format_memory

_SECRET = re.compile(r"(secret|password|passwd|token|private_key)$")

SECRETS_ELSEWHERE = (
    "a secret must not stand in lab.toml: put it into a file that only the lab's account can read,"
    " and name that file here (client_secret_file, search_password_file)"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One thing that is wrong in one file.

    Attributes:
        file: As the admin knows it, such as ``courses/ml-101.toml``.
        path: Keys that lead there, with ``/`` between; empty for the file as a whole.
        text: What is wrong and what would be right.
    """

    file: str
    path: str
    text: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.path, self.text) if part)


def problems_in(file: str, model: type[BaseModel], error: ValidationError) -> tuple[Problem, ...]:
    """Each mistake that *error* names, in the order of the model."""
    return tuple(
        Problem(file, _path(mistake["loc"]), _without_password(_text(model, mistake)))
        for mistake in error.errors(include_url=False, include_context=True)
    )


def _path(loc: Sequence[str | int]) -> str:
    """Pydantic says ``[key]`` after a key that is wrong itself."""
    return "/".join(str(key) for key in loc if key != "[key]")


def _without_password(text: str) -> str:
    """*text* with stars for the password in an address; it may stand in a log."""
    return re.sub(r"(://[^/@\s]*?:)[^@\s]*@", r"\1********@", text)


def near_miss(word: str, words: Iterable[str]) -> str:
    """``; did you mean 'x'?``, or nothing where no word is near."""
    near = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def _text(model: type[BaseModel], mistake: typing.Any) -> str:  # noqa: PLR0911  (a table)
    loc: Sequence[str | int] = mistake["loc"]
    match mistake["type"]:
        case "extra_forbidden":
            word = str(loc[-1])
            if _SECRET.search(word):
                return SECRETS_ELSEWHERE
            return f"unknown setting{near_miss(word, _keys_at(model, loc[:-1]))}"
        case "missing":
            return "is missing"
        case "literal_error":
            words = mistake["ctx"]["expected"]
            return f"{mistake['input']!r} is not one of {words.replace(' or ', ', ')}" + near_miss(
                str(mistake["input"]),
                [w.strip("' ") for w in words.replace(" or ", ",").split(",")],
            )
        case "value_error":
            return str(mistake["ctx"]["error"])
        case "greater_than_equal" if isinstance(mistake["input"], str):
            least = format_memory(mistake["ctx"]["ge"])
            return f"{mistake['input']!r} is too little; at least {least!r}"
        case _:
            text = mistake["msg"].replace("an object", "a table")
            return f"{text[0].lower()}{text[1:]}, not {mistake['input']!r}"


def _keys_at(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """Names of the settings that *model* has at *loc*."""
    kind: object = model
    for key in loc:
        kind = _step(kind, str(key))
    return list(kind.model_fields) if _is_model(kind) else []


def _is_model(kind: object) -> typing.TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _wanted(kind: object) -> object:
    """*kind* without ``None``, where a whole section may be left out."""
    if not isinstance(kind, types.UnionType):
        return kind
    return next(each for each in typing.get_args(kind) if each is not types.NoneType)


def _step(kind: object, key: str) -> object:
    """The type below *kind* under *key*."""
    if _is_model(kind):
        field = kind.model_fields.get(key)
        return _wanted(field.annotation) if field else None
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is tuple:
        return arguments[0]
    if isinstance(kind, types.GenericAlias) or typing.get_origin(kind) is dict:
        return arguments[-1]
    return None
