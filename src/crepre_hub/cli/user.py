"""``crepre user``: accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from crepre_hub.cli import home
from crepre_hub.cli.terminal import AsJson, lab_root, out, print_json, print_table, told
from crepre_hub.courses.identity import Identity
from crepre_hub.decisions import Refused
from crepre_hub.errors import AccountError
from crepre_hub.login.names import normal_name
from crepre_hub.login.people import (
    OneTimeLink,
    add_account,
    any_name,
    disable_account,
    enable_account,
    list_accounts,
    reset_account,
    welcome_url,
)
from crepre_hub.ops.lab_servers import stop_servers
from crepre_hub.ops.processes import is_up
from crepre_hub.ops.project import ensure_state_folder
from crepre_hub.settings.database import database_url
from crepre_hub.settings.last_good import settings_or_last_good
from crepre_hub.settings.reader import Settings
from crepre_hub.store.accounts import AccountStore
from crepre_hub.store.engine import open_engine
from crepre_hub.store.identities import IdentityStore
from crepre_hub.store.migrations import ensure_schema

app = typer.Typer(help="Accounts of the lab, and homes.", no_args_is_help=True)
app.add_typer(home.app, name="home")

Name = Annotated[str, typer.Argument(help="The login name.")]


@app.command()
def add(
    names: Annotated[list[str], typer.Argument(help="One or more login names.")],
    admin: Annotated[bool, typer.Option("--admin", help="May manage the whole lab.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make accounts; each person sets a password with a link that works once."""
    with _accounts() as (settings, store):
        _ensure_new(store, names)
        _print_links(settings, [add_account(store, name, admin) for name in names], as_json)


@app.command()
def reset(name: Name, as_json: AsJson = False) -> None:
    """Forget a password and make a new link; home, courses and running server stay."""
    with _accounts() as (settings, store):
        _print_links(settings, [reset_account(store, name)], as_json)


@app.command()
def disable(name: Name) -> None:
    """Close an account, end its sessions and stop its server; its home stays."""
    with _accounts() as (settings, store):
        name = any_name(name)
        disable_account(store, name)
        if is_up(settings.state):
            stop_servers(settings, of=name)
    out.print(
        f"{name} can not log in any more. To open the account again: crepre user enable {name}"
    )


@app.command()
def enable(name: Name) -> None:
    """Open a closed account again."""
    with _accounts() as (_, store):
        enable_account(store, name)
    out.print(f"{name} can log in again.")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Who has an account, and who vouches for them: a password of the lab's own, or a provider."""
    with _accounts() as (_, store):
        accounts = list_accounts(store)
        bound = IdentityStore(store.engine).all_bound()
    by = {name: who.provider for name, who in bound.items()}
    if as_json:
        print_json(
            [
                {
                    "name": each.name,
                    "admin": each.is_admin,
                    "disabled": each.is_disabled,
                    "kind": by.get(each.name, "accounts"),
                }
                for each in accounts
            ]
        )
        return
    rows = [
        (
            each.name,
            "admin" if each.is_admin else "",
            "closed" if each.is_disabled else "",
            by.get(each.name, "accounts"),
        )
        for each in accounts
    ]
    print_table(("name", "role", "state", "logs in by"), rows)


@app.command("hand-over")
def hand_over(
    name: Name,
    kind: Annotated[str, typer.Option(help="How its owner will log in, such as oidc.")],
    issuer: Annotated[str, typer.Option(help="Who vouches, as the log of the refusal says.")],
    subject: Annotated[str, typer.Option(help="The provider's id of the person, likewise.")],
) -> None:
    """Give an account with its home to somebody for whom a provider vouches; its password ends."""
    with _accounts() as (settings, store):
        if kind == "accounts" or kind not in settings.lab.login.kind:
            ways = ", ".join(each for each in settings.lab.login.kind if each != "accounts")
            raise AccountError(f"{kind!r} is no provider of this lab.", remedy=f"Ways: {ways}.")
        normal = any_name(name)
        identity = Identity(provider=kind, issuer=issuer, subject=subject, name=normal)
        IdentityStore(store.engine).hand_over(normal, identity)
    out.print(f"From now on {normal} logs in by {kind}, and finds everything as it was.")


@contextmanager
def _accounts() -> Iterator[tuple[Settings, AccountStore]]:
    """The lab's settings and its accounts; errors of ours end the command."""
    with told():
        settings = settings_or_last_good(lab_root())  # a broken course file keeps nobody out
        yield settings, account_store(settings)


def account_store(settings: Settings) -> AccountStore:
    """The lab's accounts; the database is made where there is none."""
    ensure_state_folder(settings)
    engine = open_engine(database_url(settings, "crepre"))
    ensure_schema(engine)
    return AccountStore(engine)


def _ensure_new(store: AccountStore, names: list[str]) -> None:
    """Raise ``AccountError`` for the first of *names* that cannot be added, before any is."""
    taken = {account.name for account in list_accounts(store)}
    for typed in names:
        name = normal_name(typed)
        if isinstance(name, Refused):
            raise AccountError(f"{typed!r}: {name.message}", remedy=name.remedy)
        if name in taken:
            raise AccountError(f"There is already an account {name!r}.")
        taken.add(name)


def _print_links(settings: Settings, links: list[OneTimeLink], as_json: bool) -> None:
    urls = [(link.name, welcome_url(settings.lab.lab.url, link.code)) for link in links]
    if as_json:
        print_json([{"name": name, "link": url} for name, url in urls])
        return
    width = max(len(name) for name, _ in urls)
    for name, url in urls:  # in one piece, so that it can be copied from a narrow terminal
        out.print(f"{name.ljust(width)}  {url}", markup=False)
    out.print("Each link works once, for a day.")
