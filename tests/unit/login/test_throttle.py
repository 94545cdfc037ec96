"""How many wrong passwords are too many, as laws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crepre_hub.login.throttle import (
    PER_ACCOUNT,
    PER_DEVICE,
    PER_PAIR,
    PER_SOURCE,
    WINDOW,
    account_key,
    in_words,
    seconds_to_wait,
    source_key,
)
from crepre_hub.store.attempts import Attempt

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def attempt(
    account: str = "ada", source: str = "here", device: str | None = None, *, after: float = 0
) -> Attempt:
    return Attempt(account, source, device, NOON + timedelta(seconds=after))


attempts = st.lists(
    st.builds(
        attempt,
        st.sampled_from(["ada", "bob"]),
        st.sampled_from(["here", "there"]),
        st.sampled_from([None, None, "d", "e"]),
        after=st.floats(0, 1500),
    ),
    max_size=120,
)
tries = st.builds(
    attempt,
    st.sampled_from(["ada", "bob"]),
    st.sampled_from(["here", "there"]),
    st.sampled_from([None, "d"]),
    after=st.floats(0, 1500),
)


@given(tries, attempts)
def test_waiting_ends_within_the_window(this: Attempt, earlier: list[Attempt]) -> None:
    """Whatever others do, nobody waits longer than minutes, and then is let through."""
    past = [other for other in earlier if other.at <= this.at]
    wait = seconds_to_wait(this, past)
    assert 0 <= wait <= WINDOW.total_seconds()
    later = Attempt(
        this.account_key, this.source_key, this.device_key, this.at + timedelta(seconds=wait)
    )
    assert seconds_to_wait(later, past) == 0


@given(tries, attempts)
def test_order_does_not_matter(this: Attempt, earlier: list[Attempt]) -> None:
    """The rule sorts for itself."""
    assert seconds_to_wait(this, earlier) == seconds_to_wait(this, earlier[::-1])


@given(tries, attempts, tries)
def test_one_more_failure_never_shortens_the_wait(
    this: Attempt, earlier: list[Attempt], more: Attempt
) -> None:
    """Guessing on does not help."""
    assert seconds_to_wait(this, [*earlier, more]) >= seconds_to_wait(this, earlier)


@given(st.lists(st.floats(0, 3), min_size=1, max_size=400))
def test_no_stream_of_guesses_gets_more_than_its_limit(gaps: list[float]) -> None:
    """From one place on one account, at most PER_PAIR tries pass in any window."""
    now, passed = 0.0, list[Attempt]()
    for gap in gaps:
        now += gap
        this = attempt(after=now)
        if seconds_to_wait(this, passed) == 0:
            passed.append(this)
    for first in passed:
        inside = [each for each in passed if first.at <= each.at < first.at + WINDOW]
        assert len(inside) <= PER_PAIR


@pytest.mark.parametrize(
    ("earlier", "limit"),
    [
        (lambda n: attempt(device="d"), PER_DEVICE),
        (lambda n: attempt(), PER_PAIR),
        (lambda n: attempt(source=f"s{n}"), PER_ACCOUNT),
        (lambda n: attempt(account=f"a{n}"), PER_SOURCE),
    ],
    ids=["device", "pair", "account", "source"],
)
def test_each_limit_holds_at_its_number(earlier: Any, limit: int) -> None:
    """One below it passes, at it one waits: until the first of them leaves the window."""
    device = earlier(0).device_key
    below = [earlier(number) for number in range(limit - 1)]
    assert seconds_to_wait(attempt(device=device, after=60), below) == 0
    assert seconds_to_wait(attempt(device=device, after=60), [*below, earlier(limit)]) == 540


def test_a_known_device_is_let_in_while_strangers_attack_its_account() -> None:
    """From the same address and from everywhere: its own slips alone count."""
    attack = [attempt(source=f"s{n}") for n in range(PER_ACCOUNT)]
    attack += [attempt(account=f"a{n}") for n in range(PER_SOURCE)]
    attack += [attempt() for _ in range(PER_PAIR)]
    assert seconds_to_wait(attempt(after=1), attack) > 0
    assert seconds_to_wait(attempt(device="d", after=1), attack) == 0


def test_one_account_under_attack_leaves_the_others_alone() -> None:
    """A neighbour behind the same address logs in as ever."""
    attack = [attempt() for _ in range(PER_PAIR)]
    assert seconds_to_wait(attempt("bob", after=1), attack) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::1", True),
        ("", "nonsense", True),
    ],
)
def test_a_source_is_an_address_or_a_64(one: str, other: str, same: bool) -> None:
    """IPv6 gives a household 2^64 addresses; they count as one."""
    assert (source_key(one) == source_key(other)) is same


@given(st.text())
def test_a_key_is_64_digits_whatever_was_typed(typed: str) -> None:
    """So the table's rows are bounded, and hold nothing that somebody typed by mistake."""
    assert len(account_key(typed)) == 64
    assert int(account_key(typed), 16) >= 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 minute"), (60, "1 minute"), (61, "2 minutes"), (600, "10 minutes")],
)
def test_a_wait_is_told_in_minutes(seconds: int, words: str) -> None:
    """Rounded up, so that who waits so long is let through."""
    assert in_words(seconds) == words
