"""Raised hands, on each kind of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import Engine

from crepre_hub.store.hands import HandStore
from tests.hand_clock import NOON

HOUR = timedelta(hours=1)


def test_a_hand_is_up_once_and_keeps_its_place(engine: Engine) -> None:
    """Raised again it stays in the line where it was, but for one that was over."""
    hands = HandStore(engine)
    for hour in range(3):
        hands.put_up("music", "ada", now=NOON + hour * HOUR, over=NOON - HOUR)
    hands.put_up("art", "ada", now=NOON + HOUR, over=NOON)
    assert hands.of_course("music") == {"ada": NOON}
    assert hands.of_person("ada") == {"music": NOON, "art": NOON + HOUR}
    hands.put_up("music", "ada", now=NOON + 5 * HOUR, over=NOON)
    assert hands.of_course("music") == {"ada": NOON + 5 * HOUR}


def test_a_hand_goes_down_in_its_course_alone(engine: Engine) -> None:
    """And may go down twice."""
    hands = HandStore(engine)
    for course in ("music", "art"):
        hands.put_up(course, "ada", now=NOON, over=NOON - HOUR)
    for _ in range(2):
        hands.put_down("music", "ada")
    assert hands.of_person("ada") == {"art": NOON}
    assert hands.of_course("music") == {}


def test_clicks_at_once_raise_one_hand(engine: Engine) -> None:
    """In several windows."""
    hands = HandStore(engine)
    with ThreadPoolExecutor(4) as threads:
        ups = [threads.submit(hands.put_up, "music", "ada", now=NOON, over=NOON - HOUR)
               for _ in range(8)]  # fmt: skip
    assert [up.result() for up in ups] == [None] * 8
    assert hands.of_course("music") == {"ada": NOON}
