"""Announcements, on each kind of database."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from crepre_hub.courses.announcements import Announcement
from crepre_hub.store.announcements import AnnouncementStore
from tests.hand_clock import NOON

HOUR = timedelta(hours=1)


def said(id_: str, course: str = "music", hour: int = 0) -> Announcement:
    """For two hours, from an hour after noon on."""
    at = NOON + hour * HOUR
    return Announcement(id_, course, "Åpent <b>\ntil fem", "tea", at, at + 2 * HOUR)


def test_what_counts_is_read_newest_first(engine: Engine) -> None:
    """Of the courses that are asked about; one that ends at a moment is over then."""
    store = AnnouncementStore(engine)
    for each in (said("a"), said("b", hour=1), said("c", course="art")):
        store.add(each)
    assert store.counting(["music"], now=NOON + HOUR) == (said("b", hour=1), said("a"))
    assert store.counting(["music"], now=NOON + 2 * HOUR) == (said("b", hour=1),)
    assert store.counting([], now=NOON) == ()


def test_one_is_taken_back_once_and_by_its_own_course(engine: Engine) -> None:
    """Another course's staff cannot, nor is one that is over taken back."""
    store = AnnouncementStore(engine)
    store.add(said("a"))
    assert not store.take_back("art", "a", now=NOON)
    assert store.take_back("music", "a", now=NOON + HOUR)
    assert not store.take_back("music", "a", now=NOON + HOUR)
    assert store.counting(["music"], now=NOON + HOUR) == ()
