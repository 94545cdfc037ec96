"""What all ways in but the lab's own accounts have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyterhub.auth import Authenticator

from crepre_hub.decisions import Refused
from crepre_hub.login.trouble import login_failed, not_let_in
from crepre_hub.login.way import Way

if TYPE_CHECKING:
    from crepre_hub.login.lab import LabAuthenticator


class Provided(Authenticator):  # type: ignore[misc]  # JupyterHub has no types
    """
    Mixed into a library's authenticator: that one proves who somebody is, this one asks the lab.

    What the library would call the person is not used: the way's own rule says who it is, and the
    lab's store which account is theirs. No token and no claim of the provider is kept.

    Attributes:
        way: What this authenticator was made for.
        lab: The authenticator that the hub knows.
    """

    way: Way
    lab: LabAuthenticator

    def normalize_username(self, username: str) -> str:
        """As it is; nobody is called by it."""
        return username

    def validate_username(self, username: str) -> bool:
        """The lab's own form of names counts, once the rule has named the person."""
        return True

    def add_user(self, user: Any) -> None:
        """Nothing is made on this machine for a new person, whatever the library would do."""

    async def get_authenticated_user(self, handler: Any, data: Any) -> dict[str, Any] | None:
        """
        Whoever the library lets in, by the name that they have in this lab.

        Raises:
            LoginFailed: If the library, the way's rule or the lab says no.
        """
        naming = self.way.naming
        found = await super().get_authenticated_user(handler, data)
        if found is None:
            self.nobody()
            return None
        identity = self.way.identify(found["auth_state"])
        if isinstance(identity, Refused):
            raise login_failed(naming, identity, why=found["name"])
        return await self.lab.admit(identity, naming, handler)

    def nobody(self) -> None:
        """What the library's "no" means: nobody may try again with the same proof."""
        raise login_failed(self.way.naming, not_let_in(self.way.naming), why="not authenticated")
