"""What can be said about a handful of measured values."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of some values, and how far they lie apart."""

    median: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """
    How many times the other's value ours is.

    Attributes:
        low: Lower end of the 95 % interval.
        high: Its upper end.
    """

    ratio: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Of one value or more."""
    return Spread(median(values), min(values), max(values))


def paired_ratio(ours: Sequence[float], theirs: Sequence[float], *, seed: int = 1) -> Ratio:
    """
    The ratio of medians, with a percentile bootstrap over rounds.

    A round is drawn for both sides together, since both met the same state of the machine in it.

    Args:
        ours: One value for each round.
        theirs: The other side's, in the same order.
        seed: Of the draws, so that the same figures give the same interval.

    Raises:
        ValueError: If the two sides have not as many values, or none.
    """
    if len(ours) != len(theirs) or not ours:
        raise ValueError("a ratio needs a round at least, and both sides of each round")
    pairs = list(zip(ours, theirs, strict=True))
    choose = random.Random(seed).choices
    drawn = sorted(_ratio(choose(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    at: Callable[[float], float] = lambda share: drawn[round(share * (RESAMPLES - 1))]  # noqa: E731
    return Ratio(_ratio(pairs), at(0.025), at(0.975))


def _ratio(pairs: Sequence[tuple[float, float]]) -> float:
    return median(ours for ours, _ in pairs) / median(theirs for _, theirs in pairs)
