"""
``crepre image``: what students' servers are made of.

What the commands do is in ``image_making`` and ``image_builds``, imported when it is needed:
JupyterHub and Docker's client take longer than most commands.
"""

from __future__ import annotations

from typing import Annotated

import typer

from crepre_hub.cli.terminal import AsJson

app = typer.Typer(help="Build, try, verify and roll back images.", no_args_is_help=True)

Image = Annotated[
    str, typer.Argument(help="A folder under images/, or COURSE/IMAGE for a course's own.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")]


@app.command()
def build(
    name: Annotated[
        str,
        typer.Argument(
            help="A folder under images/; without it, what the lab's courses name.",
            show_default=False,
        ),
    ] = "",
    course: Annotated[
        str, typer.Option(help="The own image of this course, from the files in courses/ID/.")
    ] = "",
    base: Annotated[str | None, typer.Option(help="Build on this image.")] = None,
    untried: Annotated[
        bool, typer.Option("--untried", help="Give it to students without a trial.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build images, unless they are here from the same recipe already, and try them."""
    from crepre_hub.cli.image_making import build_course, build_images  # noqa: PLC0415

    if course and (name or base):
        raise typer.BadParameter("an image and --base do not go with it", param_hint="--course")
    if course:
        build_course(course, untried=untried, as_json=as_json)
    else:
        build_images(name, base=base, untried=untried, as_json=as_json)


@app.command()
def verify(
    name: Annotated[
        str,
        typer.Argument(
            help="A folder under images/; without it, what the lab's courses name.",
            show_default=False,
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Run an image's own checks inside it, as a student and without a network."""
    from crepre_hub.cli.image_making import verify_images  # noqa: PLC0415

    verify_images(name, as_json=as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The builds of each image on this machine, and which of them students get."""
    from crepre_hub.cli.image_builds import show_builds  # noqa: PLC0415

    show_builds(as_json=as_json)


@app.command()
def rollback(
    name: Image,
    build: Annotated[
        str, typer.Argument(help="A build of it; without one, the previous.", show_default=False)
    ] = "",
) -> None:
    """Give students the previous build of an image; once more, and it is forward again."""
    from crepre_hub.cli.image_builds import go_back  # noqa: PLC0415

    go_back(name, build)


@app.command()
def prune(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Remove builds that nobody uses; the current and the previous one of each image stay."""
    from crepre_hub.cli.image_builds import remove_unused  # noqa: PLC0415

    remove_unused(dry_run=dry_run, as_json=as_json)


@app.command()
def sbom(name: Image) -> None:
    """Print what is in the build that students get, as CycloneDX JSON; var/images/ has it too."""
    from crepre_hub.cli.image_builds import print_sbom  # noqa: PLC0415

    print_sbom(name)
