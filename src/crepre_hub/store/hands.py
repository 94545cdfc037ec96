"""Raised hands, as kept in the lab's database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from crepre_hub.store.engine import transaction
from crepre_hub.store.tables import hands


class HandStore:
    """Who has a hand up in which course; each method may raise ``StoreUnreachable``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put_up(self, course: str, person: str, *, now: datetime, over: datetime) -> None:
        """Put a hand up; one that is up stays as it was, unless it is from before *over*."""
        mine = (hands.c.course == course, hands.c.person == person)
        try:
            with transaction(self._engine) as connection:
                connection.execute(delete(hands).where(*mine, hands.c.since <= over))
                if connection.execute(select(hands.c.since).where(*mine)).first() is None:
                    values = {"course": course, "person": person, "since": now}
                    connection.execute(insert(hands).values(values))
        except IntegrityError:  # a click in another window was quicker
            return

    def put_down(self, course: str, person: str) -> None:
        """Put a hand down, whether or not it is up."""
        mine = (hands.c.course == course, hands.c.person == person)
        with transaction(self._engine) as connection:
            connection.execute(delete(hands).where(*mine))

    def of_course(self, course: str) -> Mapping[str, datetime]:
        """Since when each person's hand is up in *course*."""
        found = select(hands.c.person, hands.c.since).where(hands.c.course == course)
        with transaction(self._engine) as connection:
            return {row.person: row.since for row in connection.execute(found)}

    def of_person(self, person: str) -> Mapping[str, datetime]:
        """Since when the hand of *person* is up in each course."""
        found = select(hands.c.course, hands.c.since).where(hands.c.person == person)
        with transaction(self._engine) as connection:
            return {row.course: row.since for row in connection.execute(found)}
