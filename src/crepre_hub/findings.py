"""What a check of the lab found, and what to type next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

Level = Literal["ok", "warning", "error", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One line of a doctor's report.

    Attributes:
        level: ``error`` keeps students from working, ``warning`` may do so later.
        text: What was found, in one sentence.
        remedy: What to type or do next; empty when all is well.
    """

    level: Level
    text: str
    remedy: str = ""


class Check(Protocol):
    """
    One thing to look at; it never repairs.

    Attributes:
        name: Short and stable, such as ``docker`` or ``disk``.
        title: What is true when all is well, in one sentence.
        needs: Names of checks that must not have failed before this one makes sense.
    """

    name: str
    title: str
    needs: Sequence[str]

    def run(self) -> Iterator[Finding]:
        """Look, and yield what was found; at least one finding."""
        ...


Facts = TypeVar("Facts")


@dataclass(slots=True)
class FactCheck(Generic[Facts]):
    """
    A check in two halves: one that looks and one that judges what was seen.

    Attributes:
        look: Gathers the facts; may take time, and may raise an error of ours.
        judge: From facts to findings; pure.
    """

    name: str
    title: str
    look: Callable[[], Facts]
    judge: Callable[[Facts], Iterator[Finding]]
    needs: Sequence[str] = ()

    def run(self) -> Iterator[Finding]:
        """Look, then judge."""
        yield from self.judge(self.look())
