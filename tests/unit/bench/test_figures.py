"""What the benchmark says follows from what was measured."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.figures import paired_ratio, spread

SECONDS = st.lists(st.floats(0.1, 100), min_size=1, max_size=12)


def test_a_spread_names_the_middle_and_both_ends() -> None:
    """Median, least and most, in no order of rounds."""
    found = spread([3.0, 1.0, 2.0, 9.0])
    assert (found.median, found.least, found.most) == (2.5, 1.0, 9.0)


@settings(max_examples=20)  # each draws thousands of times
@given(SECONDS, st.floats(0.1, 10))
def test_a_ratio_that_every_round_has_is_certain(theirs: list[float], times: float) -> None:
    """Where ours takes the same share of theirs in each round, the interval is a point."""
    found = paired_ratio([times * second for second in theirs], theirs)
    assert found.ratio == pytest.approx(times)
    assert found.low == pytest.approx(times)
    assert found.high == pytest.approx(times)


@settings(max_examples=20)
@given(st.data())
def test_a_ratio_lies_between_the_best_and_the_worst_of_both(data: st.DataObject) -> None:
    """The interval is in order, and within what any choice of rounds could give."""
    theirs = data.draw(SECONDS)
    ours = data.draw(st.lists(st.floats(0.1, 100), min_size=len(theirs), max_size=len(theirs)))
    found = paired_ratio(ours, theirs)
    least, most = min(ours) / max(theirs), max(ours) / min(theirs)
    assert least - 1e-9 <= found.low <= found.high <= most + 1e-9


def test_the_same_figures_give_the_same_interval() -> None:
    """Nothing of a report changes when it is made again."""
    assert paired_ratio([1, 2, 4], [2, 3, 3]) == paired_ratio([1, 2, 4], [2, 3, 3])


@pytest.mark.parametrize(("ours", "theirs"), [([], []), ([1.0], [1.0, 2.0])])
def test_rounds_that_do_not_pair_are_refused(ours: list[float], theirs: list[float]) -> None:
    """Without rounds, or with a round that one side lacks, there is no ratio."""
    with pytest.raises(ValueError, match="round"):
        paired_ratio(ours, theirs)
