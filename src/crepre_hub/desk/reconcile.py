"""Which servers nobody knows any more, after a crash or a call that Docker lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crepre_hub.backends.backend import Found, Seat


@dataclass(frozen=True, slots=True)
class Known:
    """
    A seat in the hub's table.

    Attributes:
        id: The server that the seat has. Empty while it starts, stops or is looked at: then
            every server of the seat is left alone.
    """

    seat: Seat
    id: str = ""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """
    What to do, and what to bring to the next look.

    Attributes:
        remove: Servers to end.
        suspects: Ids of servers that nobody knows; those still unknown next time are ended.
    """

    remove: tuple[Found, ...] = ()
    suspects: frozenset[str] = frozenset()


def plan_reconcile(
    found: Iterable[Found],
    known: Iterable[Known],
    *,
    suspects: frozenset[str],
    now: datetime,
    grace: timedelta,
) -> Reconciliation:
    """
    Compare what is there with the hub's table.

    A server is ended only if nobody knew it on two looks in a row and it is older than *grace*.

    Args:
        found: Everything that is there.
        known: The hub's table, read after *found* was: a start that came between is in it.
        suspects: What the last look brought.
    """
    ids_of: dict[Seat, set[str]] = {}
    for each in known:
        ids_of.setdefault(each.seat, set()).add(each.id)
    orphans = [each for each in found if not ids_of.get(each.seat, set()) & {each.id, ""}]
    remove = tuple(each for each in orphans if each.id in suspects and now - each.since > grace)
    return Reconciliation(remove, frozenset(each.id for each in orphans))
