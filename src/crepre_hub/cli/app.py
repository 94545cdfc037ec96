"""The command tree."""

from __future__ import annotations

from typing import Annotated

import typer

from crepre_hub import __version__
from crepre_hub.cli import course, docs, doctor, gpu, image, lab, roster, settings, user

app = typer.Typer(
    name="crepre",
    help="A course's own Colab, on the machines it already has.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"crepre-hub {__version__}")
        raise typer.Exit


@app.callback()
def _crepre(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """A course's own Colab, on the machines it already has."""


app.command("init")(settings.init)
app.command("check")(settings.check)
app.command("up")(lab.up)
app.command("down")(lab.down)
app.command("status")(lab.status)
app.command("doctor")(doctor.doctor)
app.command("docs")(docs.docs)
app.add_typer(image.app, name="image")
app.add_typer(user.app, name="user")
app.add_typer(course.app, name="course")
app.add_typer(roster.app, name="roster")
app.add_typer(gpu.app, name="gpu")


def main() -> None:
    """What ``crepre`` runs."""
    app()
