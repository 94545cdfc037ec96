"""``crepre docs``: the manual of the settings, in the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from crepre_hub.cli.terminal import MISUSE, err
from crepre_hub.settings.samples import TOPICS, reference_text


def docs(
    topic: Annotated[str, typer.Argument(help="settings (lab.toml) or course (courses/*.toml)")] = (
        "settings"
    ),
) -> None:
    """Print every setting with what it means and its default."""
    if topic not in TOPICS:
        err.print(f"There is no manual of {topic!r}; there is: {', '.join(TOPICS)}", markup=False)
        raise typer.Exit(MISUSE)
    typer.echo(reference_text(topic), nl=False)
