"""``crepre up``, ``down`` and ``status``."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from crepre_hub.cli.settings import ensure_gpus_fit, lab_settings
from crepre_hub.cli.terminal import (
    REFUSED,
    AsJson,
    err,
    lab_root,
    out,
    print_json,
    print_table,
    progress_bar,
    told,
)
from crepre_hub.cli.user import account_store
from crepre_hub.errors import DockerUnreachable
from crepre_hub.login.people import add_account, list_accounts, reset_account, welcome_url
from crepre_hub.ops.lab_servers import stop_servers
from crepre_hub.ops.processes import is_up, program_states, stop_supervisor
from crepre_hub.ops.project import ensure_ours
from crepre_hub.settings.last_good import settings_or_last_good
from crepre_hub.settings.reader import Settings
from crepre_hub.settings.samples import ensure_samples
from crepre_hub.store.identities import IdentityStore

FIRST_ADMIN = "admin"


def up(
    detach: Annotated[bool, typer.Option("--detach", help="Come back when it is ready.")] = False,
    init: Annotated[bool, typer.Option("--init", help="Write a first lab.toml if none.")] = False,
) -> None:
    """Set up what is missing and run the lab."""
    # Imported here: JupyterHub and Docker's client take longer than most commands.
    from crepre_hub.ops.bring_up import bring_up, chosen_backend, why_not_docker  # noqa: PLC0415

    with told():
        ensure_ours(lab_root())
        if init:
            ensure_samples(lab_root())
        settings = lab_settings()
        missing = ensure_gpus_fit(settings)
        backend = chosen_backend(settings)
        if backend == "local":
            _say_local(why_not_docker(settings))
        with progress_bar("Setting up") as on_step:
            notices = bring_up(settings, backend, on_step)
        for notice in filter(None, (missing, *notices)):
            err.print(notice, style="yellow", markup=False)
        _say_ready(settings, backend)
    if not detach:
        _stay(settings)


def down(
    servers: Annotated[
        bool, typer.Option("--servers", help="Stop the students' servers as well.")
    ] = False,
) -> None:
    """Stop the lab. Students' servers go on, and are found again by the next up."""
    with told():
        ensure_ours(lab_root())
        settings = settings_or_last_good(lab_root())
        if servers:
            out.print(f"Stopped {stop_servers(settings)} servers; homes are kept.")
        if not stop_supervisor(settings.state):
            out.print("The lab was not running.")
        else:
            out.print("The lab has stopped. To start it again: crepre up --detach")


def status(as_json: AsJson = False) -> None:
    """Whether the lab runs; exit code 1 if it does not."""
    with told():
        ensure_ours(lab_root())
        settings = settings_or_last_good(lab_root())
    states = program_states(settings.state)
    if as_json:
        each = [{"name": s.name, "state": s.state, "detail": s.detail} for s in states]
        print_json({"up": bool(states), "url": settings.lab.lab.url, "programs": each})
    elif states:
        out.print(f"{settings.lab.lab.name}: {settings.lab.lab.url}", markup=False)
        print_table(("program", "state", ""), [(s.name, s.state.lower(), s.detail) for s in states])
    else:
        out.print("The lab is not running. To start it: crepre up --detach")
    if not states or any(state.state not in ("RUNNING", "STARTING") for state in states):
        raise typer.Exit(REFUSED)


def _say_local(why: DockerUnreachable | None) -> None:
    text = (
        "The lab runs in local processes: good for trying it out on this machine, with nothing"
        " between one person's files and another's."
    )
    out.print(f"{why.message} {text}" if why else text, markup=False)
    if why:
        out.print(why.remedy, markup=False)


def _say_ready(settings: Settings, backend: str) -> None:
    where = "in containers" if backend == "docker" else "in local processes"
    name, url = settings.lab.lab.name, settings.lab.lab.url
    out.print(f"\n{name} is ready: {url} (servers {where})", markup=False)
    login = settings.lab.login
    link = _first_way_in(settings) if "accounts" in login.kind else ""
    if "accounts" not in login.kind:
        out.print(f"People log in by {', '.join(login.kind)}; to look at it: crepre doctor")
    elif link:
        out.print(f"Admin: {FIRST_ADMIN}. Set the password here (works once, for a day):\n{link}")
    else:
        out.print("A new way in for somebody: crepre user reset NAME")


def _first_way_in(settings: Settings) -> str:
    """A one-time link for the first admin until somebody has used one; then empty."""
    store = account_store(settings)
    elsewhere = IdentityStore(store.engine).all_bound()
    own = [each for each in list_accounts(store) if each.name not in elsewhere]
    if any(each.password_hash for each in own) or FIRST_ADMIN in elsewhere:
        return ""
    if not own:
        link = add_account(store, FIRST_ADMIN, admin=True)
    else:
        link = reset_account(store, FIRST_ADMIN)
    return welcome_url(settings.lab.lab.url, link.code)


def _stay(settings: Settings) -> None:
    """Wait for Ctrl-C, or for the lab to be taken down from elsewhere."""
    out.print("Stop with Ctrl-C. What goes on: var/log/hub.log")
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    while not asked.wait(timeout=2):
        if not is_up(settings.state):
            out.print("The lab was stopped.")
            return
    stop_supervisor(settings.state)
    out.print("The lab has stopped. Students' servers go on: crepre down --servers ends them.")
