"""What the account pages may use; nothing else of ours reaches their templates."""

from __future__ import annotations

from dataclasses import dataclass, field

from crepre_hub.decisions import Refused
from crepre_hub.login.door import MustWait
from crepre_hub.login.way import Way


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the form came back."""

    message: str = field(metadata={"help": "What is the matter, in one sentence."})
    remedy: str = field(metadata={"help": "What to do about it; may be empty."})

    @classmethod
    def of(cls, answer: Refused | MustWait) -> Trouble:
        """The answer's own words."""
        return cls(answer.message, answer.remedy)


@dataclass(frozen=True, slots=True)
class SignUpPage:
    """For ``accounts_sign_up.html``."""

    next_url: str = field(metadata={"help": "Where to go afterwards, as it was asked for."})
    user_name: str = field(default="", metadata={"help": "As it was typed."})
    trouble: Trouble | None = field(default=None, metadata={"help": "Why the form came back."})


@dataclass(frozen=True, slots=True)
class WelcomePage:
    """For ``accounts_welcome.html``."""

    code: str = field(metadata={"help": "The one-time code, to be posted back."})
    user_name: str | None = field(metadata={"help": "Whose link it is; None if it is spent."})
    trouble: Trouble | None = field(default=None, metadata={"help": "Why the form came back."})


@dataclass(frozen=True, slots=True)
class ChangePasswordPage:
    """For ``accounts_password.html``."""

    user_name: str = field(metadata={"help": "Who is logged in."})
    is_done: bool = field(default=False, metadata={"help": "The password has been changed."})
    trouble: Trouble | None = field(default=None, metadata={"help": "Why the form came back."})


@dataclass(frozen=True, slots=True)
class WayIn:
    """One of ``ways_in`` for ``login.html``, or the title of ``login_form.html``."""

    word: str = field(metadata={"help": "As in lab.toml, and in the address of its page."})
    label: str = field(metadata={"help": "The provider's name."})
    begins_here: bool = field(metadata={"help": "Whether there is something to click."})
    hint: str = field(metadata={"help": "What to do instead; may be empty."})

    @classmethod
    def of(cls, way: Way) -> WayIn:
        """What people may see of *way*."""
        return cls(way.word, way.label, way.begins_here, way.hint)


@dataclass(frozen=True, slots=True)
class LoginFormPage:
    """For ``login_form.html``."""

    way: WayIn = field(metadata={"help": "Where name and password belong to."})
    next_url: str = field(metadata={"help": "Where to go afterwards, as it was asked for."})
    user_name: str = field(default="", metadata={"help": "As it was typed."})
    trouble: Trouble | None = field(default=None, metadata={"help": "Why the form came back."})
