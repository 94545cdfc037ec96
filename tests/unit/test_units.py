"""Memory and time as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crepre_hub.units import (
    MEMORY_UNITS,
    TIME_UNITS,
    format_duration,
    format_memory,
    format_size,
    parse_duration,
    parse_memory,
)


@pytest.mark.parametrize(
    ("larger", "smaller"), [("1 GiB", "1024 MiB"), ("1 TiB", "1024 GiB"), ("0.5 GiB", "512 MiB")]
)
def test_each_unit_is_1024_of_the_one_below(larger: str, smaller: str) -> None:
    """The table of memory units has no missing or repeated step."""
    assert parse_memory(larger) == parse_memory(smaller)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 KiB"), (1, "1 KiB"), (1025, "2 KiB"), (2**20, "1 MiB"), (3 * 2**29, "1.5 GiB")],
)
def test_a_file_has_a_size_that_people_read(size: int, text: str) -> None:
    """A small one is not a part of a MiB, and none that holds something is nothing."""
    assert format_size(size) == text


def test_the_smallest_unit_of_memory_is_1024_times_1024_bytes() -> None:
    """The table begins at the right place."""
    assert parse_memory("1 MiB") == 1_048_576
    assert list(MEMORY_UNITS) == ["MiB", "GiB", "TiB"]


@pytest.mark.parametrize(
    ("larger", "smaller"),
    [("1 min", "60 s"), ("1 h", "60 min"), ("1 d", "24 h"), ("1 weeks", "7 d"), ("0.5 h", "30min")],
)
def test_each_unit_of_time_is_made_of_the_one_below(larger: str, smaller: str) -> None:
    """The table of times has no missing or repeated step."""
    assert parse_duration(larger) == parse_duration(smaller)
    assert list(TIME_UNITS.values()) == sorted(TIME_UNITS.values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2 GB", "'GB' is not a unit of memory; use MiB, GiB, TiB"),
        ("2 gib", "'gib' is not a unit of memory; use MiB, GiB, TiB"),
        ("2", "'2' is not an amount; write a number and MiB or GiB, like '2 GiB'"),
        ("-2 GiB", "'-2 GiB' is not an amount; write a number and MiB or GiB, like '2 GiB'"),
        ("2 GiB 3", "'2 GiB 3' is not an amount; write a number and MiB or GiB, like '2 GiB'"),
        (2, "2 is not an amount; write a number and MiB or GiB, like '2 GiB'"),
        (None, "None is not an amount; write a number and MiB or GiB, like '2 GiB'"),
        ("9999999999 TiB", "'9999999999 TiB' is more memory than there is in any machine"),
        (f"{'9' * 400} MiB", f"'{'9' * 400} MiB' is more memory than there is in any machine"),
    ],
)
def test_a_wrong_amount_of_memory_says_what_would_be_right(text: object, message: str) -> None:
    """Every mistake is answered with the units there are."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the text is compared whole)
        parse_memory(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2 hours", "'hours' is not a unit of time; use s, min, h, d, weeks"),
        ("2 m", "'m' is not a unit of time; use s, min, h, d, weeks"),
        ("", "'' is not an amount; write a number and s, min, h or d, like '2 h'"),
        (60, "60 is not an amount; write a number and s, min, h or d, like '2 h'"),
        ("36501 d", "'36501 d' is longer than a hundred years"),
        ("99999999999 weeks", "'99999999999 weeks' is longer than a hundred years"),
        (f"{'9' * 400} s", f"'{'9' * 400} s' is longer than a hundred years"),
    ],
)
def test_a_wrong_time_says_what_would_be_right(text: object, message: str) -> None:
    """A unit is never guessed."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the text is compared whole)
        parse_duration(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (256 * 1024**2, "256 MiB"),
        (1024**3, "1 GiB"),
        (3 * 1024**3 // 2, "1.5 GiB"),
        (2 * 1024**4, "2 TiB"),
        (0, "0 MiB"),
    ],
)
def test_memory_is_written_in_the_largest_unit_that_it_fills(size: int, text: str) -> None:
    """A card says 1.5 GiB, not 1536 MiB."""
    assert format_memory(size) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (timedelta(days=1), "1 d"),
        (timedelta(minutes=90), "90 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(seconds=90), "90 s"),
        (timedelta(0), "0 s"),
    ],
)
def test_a_time_is_written_without_a_rest(time: timedelta, text: str) -> None:
    """Ninety minutes are not one and a half hours."""
    assert format_duration(time) == text


@given(st.integers(0, 10**7))
def test_a_time_that_was_written_reads_as_it_was(seconds: int) -> None:
    """Writing a time and reading it again changes nothing."""
    time = timedelta(seconds=seconds)
    assert parse_duration(format_duration(time)) == time


@given(st.integers(1, 999), st.sampled_from(sorted(MEMORY_UNITS)))
def test_an_amount_that_was_written_reads_as_it_was(number: int, unit: str) -> None:
    """Three digits of any unit survive being written and read."""
    size = number * MEMORY_UNITS[unit]
    assert parse_memory(format_memory(size)) == size
