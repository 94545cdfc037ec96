"""What admins typed over the dates of courses, as kept in the lab's database."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine, delete, insert, select

from crepre_hub.courses.switch import Switch
from crepre_hub.store.engine import transaction
from crepre_hub.store.tables import switches

_COLUMNS = [switches.c[name] for name in Switch.__dataclass_fields__]


class TermStore:
    """At most one switch for each course; each method may raise ``StoreUnreachable``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def switches(self) -> Mapping[str, Switch]:
        """Each switch by its course, also where new dates in the file have ended it."""
        with transaction(self._engine) as connection:
            found = (Switch(*row) for row in connection.execute(select(*_COLUMNS)))
            return {switch.course: switch for switch in found}

    def put(self, switch: Switch) -> None:
        """Write *switch* in the place of an earlier one."""
        values = {name: getattr(switch, name) for name in Switch.__dataclass_fields__}
        with transaction(self._engine) as connection:
            connection.execute(delete(switches).where(switches.c.course == switch.course))
            connection.execute(insert(switches).values(values))

    def remove(self, course: str) -> None:
        """Let the dates of the file count again; may be repeated."""
        with transaction(self._engine) as connection:
            connection.execute(delete(switches).where(switches.c.course == course))
