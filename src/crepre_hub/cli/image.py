"""``crepre image``: build and verify what students' servers are made of."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from crepre_hub.cli.findings import print_findings, worst_exit
from crepre_hub.cli.terminal import AsJson, out, print_json, progress_bar, told
from crepre_hub.ops.image_folders import image_folders
from crepre_hub.ops.images import build_image, verify_image
from crepre_hub.units import format_memory

app = typer.Typer(help="Build and verify images.", no_args_is_help=True)

Name = Annotated[str | None, typer.Argument(help="A folder under images/; all without it.")]


@app.command()
def build(
    name: Name = None,
    base: Annotated[str | None, typer.Option(help="Build on this image.")] = None,
    as_json: AsJson = False,
) -> None:
    """Build images, unless they are here from the same recipe already."""
    built = []
    with told():
        for each in _names(name):
            with progress_bar(f"Building {each}") as on_step:
                built.append(build_image(each, base=base, on_step=on_step))
    if as_json:
        print_json([asdict(image) for image in built])
        return
    for image in built:
        how = "was here" if image.was_there else f"built in {image.seconds:.0f} s"
        out.print(f"{image.tag}  {format_memory(image.size_bytes)}  {how}", markup=False)


@app.command()
def verify(name: Name = None, as_json: AsJson = False) -> None:
    """Run an image's own checks inside it, as a student and without a network."""
    with told():
        findings = [each for image in _verifiable(name) for each in verify_image(image)]
    print_findings(findings, as_json)
    raise typer.Exit(worst_exit(findings))


def _names(name: str | None) -> list[str]:
    return [name] if name else [folder.name for folder in image_folders()]


def _verifiable(name: str | None) -> list[str]:
    """Images that bring a ``verify``."""
    if name:
        return [name]
    return [folder.name for folder in image_folders() if (folder.path / "verify").exists()]
