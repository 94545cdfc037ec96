"""Wishes of a platform for a link, and their answers, as values."""

from __future__ import annotations

from typing import Any

import pytest

from crepre_hub.login.deep_link import (
    CLAIM,
    LINKING,
    WISH_SECONDS,
    Item,
    Wish,
    Wishes,
    answer_to,
    wish_or_none,
)

WISH = Wish("tea", "https://p.example", "tool", "1", "https://p.example/back")


def claims(**settings: Any) -> dict[str, Any]:
    """Of a launch that asks for a link."""
    usual = {"deep_link_return_url": WISH.return_url, "accept_types": ["ltiResourceLink"]}
    return {
        "iss": WISH.issuer,
        "aud": WISH.client,
        f"{CLAIM}message_type": "LtiDeepLinkingRequest",
        f"{CLAIM}deployment_id": WISH.deployment,
        f"{LINKING}deep_linking_settings": {**usual, **settings},
    }


def test_a_wish_is_read_from_the_launch() -> None:
    """With the data that has to come back; of two audiences the authorized one is us."""
    assert wish_or_none(claims(), "tea") == WISH
    with_data = wish_or_none({**claims(data="d"), "aud": ["x", "tool"], "azp": "tool"}, "tea")
    assert with_data is not None
    assert (with_data.client, with_data.data) == ("tool", "d")


@pytest.mark.parametrize(
    "changes",
    [
        {"accept_types": ["link"]},
        {"accept_types": "ltiResourceLink"},
        {"deep_link_return_url": "javascript:alert(1)"},
        {"deep_link_return_url": "/back"},
        {"deep_link_return_url": 7},
    ],
)
def test_a_wish_that_cannot_be_answered_is_none(changes: dict[str, Any]) -> None:
    """Whatever a platform signs, the answer goes to an address of the web."""
    assert wish_or_none(claims(**changes), "tea") is None


def test_an_ordinary_launch_is_no_wish() -> None:
    """Nor is one without settings."""
    assert wish_or_none({f"{CLAIM}message_type": "LtiResourceLinkRequest"}, "tea") is None
    assert wish_or_none({f"{CLAIM}message_type": "LtiDeepLinkingRequest"}, "tea") is None


def test_an_answer_is_from_the_tool_to_the_platform() -> None:
    """Sender and receiver have changed places; each answer has a nonce of its own."""
    answers = [answer_to(WISH, [Item("Music", "https://lab/x")], now=1000) for _ in range(2)]
    assert (answers[0]["iss"], answers[0]["aud"]) == ("tool", ["https://p.example"])
    assert (answers[0]["iat"], answers[0]["exp"]) == (1000, 1300)
    assert answers[0]["nonce"] != answers[1]["nonce"]
    assert f"{LINKING}data" not in answers[0]


def test_a_wish_waits_an_hour_for_its_own_user() -> None:
    """For nobody else, not longer, and not after its answer; too many push out the oldest."""
    wishes = Wishes(most=2)
    first = wishes.add(WISH, now=0)
    assert wishes.named(first, "tea", now=WISH_SECONDS - 1) == WISH
    assert wishes.named(first, "tim", now=1) is None
    assert wishes.named(first, "tea", now=WISH_SECONDS) is None
    second, third = wishes.add(WISH, now=1), wishes.add(WISH, now=2)
    assert wishes.named(first, "tea", now=3) is None
    assert wishes.named(second, "tea", now=3) == wishes.named(third, "tea", now=3) == WISH
    wishes.answered(second)
    assert wishes.named(second, "tea", now=3) is None
