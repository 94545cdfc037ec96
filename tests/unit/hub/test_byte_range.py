"""A part of a file: a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crepre_hub.hub.byte_range import Part, asked_part

WHOLE = Part(0, 100, 100, is_whole=True)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-9", Part(0, 10, 100)),
        ("bytes=90-", Part(90, 100, 100)),
        ("bytes=90-200", Part(90, 100, 100)),
        ("bytes=-10", Part(90, 100, 100)),
        ("bytes=-200", Part(0, 100, 100)),
        ("bytes = 5-5", Part(5, 6, 100)),
        ("bytes=100-", None),
        ("bytes=-0", None),
        ("", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=9-5", WHOLE),
        ("bytes=0-1,5-6", WHOLE),
        ("lines=1-2", WHOLE),
        ("bytes=a-b", WHOLE),
        ("bytes=1-" + "9" * 40, WHOLE),
    ],
)
def test_what_a_browser_asks_for(header: str, part: Part | None) -> None:
    """One range, or all; a range that is not in the file is told so."""
    assert asked_part(header, 100) == part


@given(st.text(alphabet="bytes=-0123456789, ", max_size=30), st.integers(0, 10**12))
def test_no_header_leads_out_of_the_file(header: str, size: int) -> None:
    """Whatever is asked for, what is sent is in the file."""
    part = asked_part(header, size)
    assert part is None or 0 <= part.first <= part.end <= size
