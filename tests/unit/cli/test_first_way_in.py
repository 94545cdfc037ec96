"""Whom ``crepre up`` gives the first way in, and when it stops."""

from __future__ import annotations

from pathlib import Path

from crepre_hub.cli.lab import FIRST_ADMIN, _first_way_in
from crepre_hub.cli.user import account_store
from crepre_hub.courses.identity import Identity
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.reader import Settings
from crepre_hub.store.identities import IdentityStore

OLA = Identity("oidc", "https://idp.example.org", "u-1", "ola")


def test_the_admin_gets_a_new_link_until_one_was_used(tmp_path: Path) -> None:
    """People who come from a provider change nothing about that."""
    settings = Settings(tmp_path, Lab(), ())
    store = account_store(settings)
    IdentityStore(store.engine).admit(OLA)
    links = {_first_way_in(settings) for _ in range(2)}
    assert len(links) == 2
    assert all("/hub/welcome?code=" in link for link in links)
    store.change_password(FIRST_ADMIN, "x")
    assert _first_way_in(settings) == ""


def test_nobody_gets_a_password_for_a_name_that_a_provider_vouches_for(tmp_path: Path) -> None:
    """Should somebody be called admin there."""
    settings = Settings(tmp_path, Lab(), ())
    IdentityStore(account_store(settings).engine).admit(
        Identity("oidc", "https://idp.example.org", "u-2", FIRST_ADMIN)
    )
    assert _first_way_in(settings) == ""
