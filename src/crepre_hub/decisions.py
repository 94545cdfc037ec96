"""
Answers of the rules.

"The rule says no" is a value, ``Refused``. "The rule could not be evaluated" is an exception.
They never look alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from crepre_hub.sentences import Sentence, together


@dataclass(frozen=True, slots=True)
class Granted:
    """Yes; *reason* says by which rule, for the log."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """
    No.

    Attributes:
        reason: Label for logs and metrics, such as ``not-in-course``.
        message: One sentence for the person who asked.
        remedy: What they can do about it; may be empty.
    """

    reason: str
    message: str
    remedy: str = ""

    @property
    def whole(self) -> Sentence:
        """Message and remedy."""
        return together(self.message, self.remedy)


@dataclass(frozen=True, slots=True)
class MustWait:
    """
    Not yet.

    Attributes:
        reason: Label for logs and metrics, such as ``no-share-free``.
        message: One sentence for the person who asked: what they wait for.
    """

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class MustWait:
    """
    Not yet.

    Attributes:
        reason: Label for logs and metrics, such as ``no-share-free``.
        message: One sentence for the person who asked: what they wait for.
    """

    reason: str
    message: str


Decision = Granted | Refused
Answer = Granted | MustWait | Refused
