"""One way into the lab, ready to be used: whose classes do the work, and who comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

from crepre_hub.courses.identity import Identity
from crepre_hub.decisions import Refused
from crepre_hub.findings import Finding
from crepre_hub.login.claims import Claims, Naming
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.login import WaySection

GROUP = "crepre.logins"

Identify = Callable[[Claims], Identity | Refused]


@dataclass(frozen=True)
class Plan:
    """
    What a kind is given to make a way from.

    Attributes:
        lab: All settings.
        root: The folder that holds ``lab.toml``; files in it are relative to it.
        secret: Reads the kind's secret; raises ``SettingsError`` where there is none.
    """

    word: str
    lab: Lab
    root: Path
    secret: Callable[[], str]

    @property
    def section(self) -> WaySection:
        """The kind's own settings."""
        return self.lab.login.section(self.word)

    @property
    def page(self) -> str:
        """Where the way in begins, below ``/hub``."""
        return f"/login/{self.word}"

    @property
    def callback_url(self) -> str:
        """The address to register with the provider; the only one that it may send people to."""
        return f"{self.lab.lab.url}/hub{self.page}/callback"

    @property
    def after_logout_url(self) -> str:
        """Where a provider sends people who have logged out there as well."""
        return f"{self.lab.lab.url}/hub/login"

    def file(self, name: str) -> str:
        """The file *name* as it is found from anywhere; empty stays empty."""
        return str(self.root / name) if name else ""

    def naming(self, otherwise: str, *, domain: str = "") -> Naming:
        """How people are called; *otherwise* is the provider's name where none is set."""
        label = self.section.label or otherwise
        return Naming(self.word, label, self.lab.login.prefix_of(self.word), domain)


@dataclass(frozen=True)
class Way:
    """
    One way in.

    Attributes:
        naming: How it and its people are called.
        authenticator: The library's class, with what this lab checks on top.
        traits: What that class is told.
        identify: From what it found out to a person; pure.
        has_form: A user name and a password are asked for here.
        begins_here: Whether there is anything to click on the login page.
        hint: Said on the login page in the place of a button.
    """

    naming: Naming
    authenticator: type[Any]
    traits: Mapping[str, object]
    identify: Identify
    has_form: bool = False
    begins_here: bool = True
    hint: str = ""

    @property
    def word(self) -> str:
        """As in ``lab.toml``."""
        return self.naming.provider

    @property
    def label(self) -> str:
        """For people."""
        return self.naming.label


class LoginKind(Protocol):
    """What one file below ``kinds/`` has: file name, entry point and word are the same."""

    def way(self, plan: Plan) -> Way:
        """The way in that *plan* describes; connects to nothing."""
        ...

    def probe(self, plan: Plan) -> Iterator[Finding]:
        """What the doctor finds at the other end; may take some seconds."""
        ...


def kind_named(word: str) -> LoginKind:
    """The kind that is called *word* in ``lab.toml``."""
    (found,) = entry_points(group=GROUP, name=word)
    kind: LoginKind = found.load()
    return kind
