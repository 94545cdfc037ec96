"""Which servers are ended because nobody knows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crepre_hub.backends.backend import Found, Seat
from crepre_hub.desk.reconcile import Known, Reconciliation, plan_reconcile

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GRACE = timedelta(minutes=1)
OLD = NOW - timedelta(hours=1)

ADA, BO = Seat("ada"), Seat("bo")

seats = st.builds(Seat, st.sampled_from(["ada", "bo"]), st.sampled_from(["", "lab"]))
ids = st.sampled_from(["1", "2", "3", "4"])
moments = st.timedeltas(min_value=timedelta(0), max_value=2 * GRACE).map(lambda age: NOW - age)
founds = st.lists(st.builds(Found, ids, seats, moments), unique_by=lambda each: each.id)
knowns = st.lists(st.builds(Known, seats, ids | st.just("")), unique_by=lambda each: each.seat)
suspects = st.frozensets(ids)


def plan(
    found: Iterable[Found], known: Iterable[Known], suspects: frozenset[str] = frozenset()
) -> Reconciliation:
    """One look at *NOW*."""
    return plan_reconcile(found, known, suspects=suspects, now=NOW, grace=GRACE)


def test_an_orphan_is_ended_on_the_second_look() -> None:
    """A server that nobody knows is a suspect first, and ended when it is seen again."""
    orphan = Found("1", ADA, OLD)
    first = plan([orphan], [Known(BO, "2")])
    assert first == Reconciliation((), frozenset({"1"}))
    second = plan([orphan], [Known(BO, "2")], first.suspects)
    assert second.remove == (orphan,)


def test_a_young_orphan_waits() -> None:
    """A server is left alone until it is older than the grace period, however often seen."""
    young = Found("1", ADA, NOW - GRACE)
    assert plan([young], [], frozenset({"1"})).remove == ()


def test_the_other_server_of_a_seat_is_ended() -> None:
    """Of two servers of one seat, the one that the hub's table does not name is ended."""
    mine, other = Found("1", ADA, OLD), Found("2", ADA, OLD)
    looked = plan([mine, other], [Known(ADA, "1")], frozenset({"1", "2"}))
    assert looked.remove == (other,)


def test_a_pending_seat_is_left_alone() -> None:
    """While a seat starts, stops or is looked at, none of its servers is ended."""
    both = [Found("1", ADA, OLD), Found("2", ADA, OLD)]
    assert plan(both, [Known(ADA)], frozenset({"1", "2"})) == Reconciliation()


def test_another_server_of_the_same_person_counts_for_itself() -> None:
    """Seats are told apart by person and server's name together."""
    orphan = Found("2", Seat("ada", "lab"), OLD)
    looked = plan([Found("1", ADA, OLD), orphan], [Known(ADA, "1")], frozenset({"1", "2"}))
    assert looked.remove == (orphan,)


@given(founds, knowns, suspects)
def test_nothing_known_is_ever_ended(
    found: list[Found], known: list[Known], suspects: frozenset[str]
) -> None:
    """No server in the hub's table is ended, and none of a seat that is pending."""
    for each in plan(found, known, suspects).remove:
        assert Known(each.seat, each.id) not in known
        assert Known(each.seat) not in known


@given(founds, knowns, suspects)
def test_only_old_suspects_are_ended(
    found: list[Found], known: list[Known], suspects: frozenset[str]
) -> None:
    """Whatever is ended was a suspect before, is one now, and is older than the grace period."""
    looked = plan(found, known, suspects)
    for each in looked.remove:
        assert each.id in suspects & looked.suspects
        assert NOW - each.since > GRACE


@given(founds, knowns)
def test_every_orphan_is_ended_in_time(found: list[Found], known: list[Known]) -> None:
    """Two looks, the second after the grace period, leave only what the table names."""
    first = plan(found, known)
    later = plan_reconcile(found, known, suspects=first.suspects, now=NOW + 3 * GRACE, grace=GRACE)
    left = set(found) - set(later.remove)
    named = {(each.seat, each.id) for each in known}
    assert all((e.seat, e.id) in named or (e.seat, "") in named for e in left)
