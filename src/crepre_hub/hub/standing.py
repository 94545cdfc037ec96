"""Writes who is what into JupyterHub's groups and roles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jupyterhub import orm, roles

from crepre_hub.courses.standing import GROUP_PREFIX, ROLE_PREFIX, Standing
from crepre_hub.desk.people import HubUser, PeopleDesk
from crepre_hub.errors import StoreUnreachable
from crepre_hub.hub.running import running_of

if TYPE_CHECKING:
    from crepre_hub.hub.app import CrepreHub


class StandingKeeper:
    """
    Keeps JupyterHub's groups and roles equal to the table of ``courses.standing``.

    While the lab's database does not answer, nobody new gets a right; whoever has one keeps it
    until it answers, so that a hiccup ends no lesson.
    """

    def __init__(self, app: CrepreHub, desk: PeopleDesk) -> None:
        self._app = app
        self._desk = desk
        self._seen: object = None

    def look(self) -> None:
        """Write everything, if anything has changed."""
        users = self.users()
        try:
            seen = (self._desk.mark(), users)
            if seen == self._seen:
                return
            write_standing(self._app.db, self._desk.standing(users.values()))
        except StoreUnreachable as trouble:
            self._app.log.error("Groups stay as they are: %s", trouble.__cause__)
            return
        self._seen = seen

    def forget(self) -> None:
        """Write everything at the next look: what was seen is no longer what is written."""
        self._seen = None

    def refresh(self, name: str) -> None:
        """
        Write what one user is.

        Raises:
            StoreUnreachable: If the lab's database does not answer.
        """
        row = orm.User.find(self._app.db, name)
        if row is not None:
            standing = self._desk.standing_of_one(self._user(row))
            write_member(self._app.db, row, standing)
            self.forget()

    def users(self) -> dict[str, HubUser]:
        """Every user of the hub, by name."""
        running = self.running()
        # Columns, not objects: this is asked every few seconds.
        return {
            name: HubUser(name, bool(is_admin), running.get(name, frozenset()))
            for name, is_admin in self._app.db.query(orm.User.name, orm.User.admin)
        }

    def running(self) -> dict[str, frozenset[str]]:
        """The courses that servers run for, by name, of those who have a server."""
        with_server = orm.Spawner.server_id != None  # noqa: E711  (SQL's IS NOT NULL)
        busy = self._app.db.query(orm.User).join(orm.Spawner).filter(with_server)
        return {row.name: running_of(self._app.users[row]) for row in busy}

    def _user(self, row: orm.User) -> HubUser:
        return HubUser(row.name, bool(row.admin), running_of(self._app.users[row]))


def write_standing(db: Any, standing: Standing) -> None:
    """Make the lab's groups and roles equal to *standing*; others are left alone."""
    people = {user.name: user for user in db.query(orm.User)}
    groups = {group.name: group for group in _ours(db, orm.Group, GROUP_PREFIX)}
    for name in groups.keys() - standing.groups.keys():
        db.delete(groups.pop(name))
    for name, members in standing.groups.items():
        group = groups.setdefault(name, orm.Group(name=name))
        db.add(group)
        if {user.name for user in group.users} != members:
            group.users = [people[member] for member in sorted(members) if member in people]
    for role in _ours(db, orm.Role, ROLE_PREFIX):
        if role.name not in standing.roles:
            db.delete(role)
    for name, scopes in standing.roles.items():
        role = roles.create_role(db, {"name": name, "scopes": list(scopes)}, commit=False)
        role.groups, role.users, role.services = [groups[standing.holders[name]]], [], []
    db.commit()


def write_member(db: Any, user: orm.User, standing: Standing) -> None:
    """Make the groups of *user* equal to *standing*, which is theirs alone."""
    wanted = {name for name, members in standing.groups.items() if user.name in members}
    mine = {group.name: group for group in user.groups if group.name.startswith(GROUP_PREFIX)}
    for name in mine.keys() - wanted:
        user.groups.remove(mine[name])
    for name in wanted - mine.keys():
        group = orm.Group.find(db, name) or orm.Group(name=name)
        user.groups.append(group)
    db.commit()


def _ours(db: Any, kind: Any, prefix: str) -> Iterable[Any]:
    return [row for row in db.query(kind) if row.name.startswith(prefix)]
