"""All that the lab remembers of courses and their people, in one database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from crepre_hub.store.announcements import AnnouncementStore
from crepre_hub.store.directory import Directory
from crepre_hub.store.endings import EndStore
from crepre_hub.store.entries import EntryLog
from crepre_hub.store.hands import HandStore
from crepre_hub.store.invitations import InvitationStore
from crepre_hub.store.join_links import JoinLinkStore
from crepre_hub.store.rosters import RosterStore
from crepre_hub.store.runs import RunLog
from crepre_hub.store.terms import TermStore


@dataclass(frozen=True, slots=True)
class CourseStores:
    """The stores that the desks of courses need."""

    engine: Engine
    rosters: RosterStore
    links: JoinLinkStore
    entries: EntryLog
    terms: TermStore
    ends: EndStore
    invitations: InvitationStore
    runs: RunLog
    hands: HandStore
    announcements: AnnouncementStore
    directory: Directory

    @classmethod
    def on(cls, engine: Engine) -> CourseStores:
        """All on one database, whose tables are up to date."""
        return cls(
            engine,
            RosterStore(engine),
            JoinLinkStore(engine),
            EntryLog(engine),
            TermStore(engine),
            EndStore(engine),
            InvitationStore(engine),
            RunLog(engine),
            HandStore(engine),
            AnnouncementStore(engine),
            Directory(engine),
        )
