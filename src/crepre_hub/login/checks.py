"""Whether people can log in by a way, as far as that can be seen before they try."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from crepre_hub.decisions import Refused
from crepre_hub.errors import SettingsError
from crepre_hub.findings import Check, FactCheck, Finding
from crepre_hub.login.discovery import judge_discovery
from crepre_hub.login.reach import Document
from crepre_hub.login.way import Plan, kind_named
from crepre_hub.login.ways import ACCOUNTS, plan_of
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.secrets import secret_of


def way_checks(lab: Lab, *, root: Path, environ: Mapping[str, str]) -> Sequence[Check]:
    """A check for each way in but the lab's own accounts."""
    words = [word for word in lab.login.kind if word != ACCOUNTS]
    return [
        FactCheck(
            f"login-{word}",
            f"People can log in by {word}",
            partial(_look, plan_of(word, lab, root=root, environ=environ), environ),
            iter,
            ("settings",),
        )
        for word in words
    ]


def _look(plan: Plan, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """The secret first: without it nothing else matters; then the other end."""
    found = []
    try:
        secret_of(plan.word, plan.lab.login, root=plan.root, environ=environ)
    except SettingsError as error:
        found.append(Finding("error", error.message, remedy=error.remedy))
    return (*found, *kind_named(plan.word).probe(plan))


def to_register(plan: Plan) -> Finding:
    """The address that the provider must know, which only people can look up there."""
    return Finding("ok", f"The address to register as redirect URI: {plan.callback_url}")


def judge_provider(seen: Document, *, issuer: str) -> Iterator[Finding]:
    """Whether a provider is there, is the one, and can be used."""
    if seen.problem:
        text = f"{issuer} does not tell what it is: {seen.url}: {seen.problem}."
        yield Finding("error", text, remedy=f"curl -v {seen.url}")
        return
    answer = judge_discovery(seen.content, issuer=issuer)
    if isinstance(answer, Refused):
        yield Finding("error", answer.message, remedy=answer.remedy)
    else:
        yield Finding("ok", f"{issuer} is there, and calls itself so.")


def judge_keys(seen: Document) -> Iterator[Finding]:
    """Whether there are public keys to hold signatures against."""
    keys = seen.content.get("keys")
    if seen.problem or not isinstance(keys, list) or not keys:
        problem = seen.problem or "it holds no keys"
        text = f"The platform's public keys cannot be read: {seen.url}: {problem}."
        yield Finding("error", text, remedy=f"curl -v {seen.url}")
    else:
        yield Finding("ok", f"The platform shows {len(keys)} public keys.")


def judge_answer(url: str, seen: Document) -> Iterator[Finding]:
    """Whether anything answers where people are sent; most such pages are no JSON."""
    silent = seen.problem and not seen.problem.startswith(("status", "Expecting", "it is"))
    if silent:
        text = f"{url} does not answer: {seen.problem}."
        yield Finding("error", text, remedy=f"curl -v {url}")
    else:
        yield Finding("ok", f"{url} answers.")
