"""``crepre image``: build and verify what students' servers are made of."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from crepre_hub.cli import image_builds
from crepre_hub.cli.findings import print_findings, worst_exit
from crepre_hub.cli.settings import lab_settings
from crepre_hub.cli.terminal import AsJson, err, lab_root, out, print_json, progress_bar, told
from crepre_hub.ops.image_folders import image_folders
from crepre_hub.ops.images import BuiltImage, verify_image
from crepre_hub.ops.lab_images import HUGE, build_site, images_of
from crepre_hub.settings.reader import LAB_FILE, Settings
from crepre_hub.units import format_memory

app = typer.Typer(help="Build and verify images.", no_args_is_help=True)

Name = Annotated[str | None, typer.Argument(help="A folder under images/.", show_default=False)]


@app.command()
def build(
    name: Annotated[
        str | None,
        typer.Argument(help="A folder under images/; without it, what the lab's courses name."),
    ] = None,
    base: Annotated[str | None, typer.Option(help="Build on this image.")] = None,
    untried: Annotated[
        bool, typer.Option("--untried", help="Give it to students without a trial.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build images, unless they are here from the same recipe already, and try them."""
    built = []
    with told():
        settings = _settings_or_none()
        site = build_site(settings, base=base)
        for each in [name] if name else _names(settings):
            with progress_bar(f"Building {each}") as on_step:
                built.append(site.build(each, on_step, untried=untried))
            if not as_json:
                _print_built(built[-1])
    if as_json:
        print_json([asdict(image) for image in built])


@app.command()
def verify(name: Name = None, as_json: AsJson = False) -> None:
    """Run an image's own checks inside it, as a student and without a network."""
    with told():
        environment = build_site(_settings_or_none()).environment
        findings = [
            each
            for image in _verifiable(name)
            for each in verify_image(image, environment=environment)
        ]
    print_findings(findings, as_json)
    raise typer.Exit(worst_exit(findings))


app.command("list")(image_builds.list_)
app.command()(image_builds.rollback)


def _settings_or_none() -> Settings | None:
    """The lab's settings, where the command is typed in a lab."""
    return lab_settings() if (lab_root() / LAB_FILE).exists() else None


def _names(settings: Settings | None) -> list[str]:
    """What the lab needs; where there is none, all but what takes gigabytes."""
    if settings is not None:
        return images_of(settings)
    names = [folder.name for folder in image_folders()]
    for name in HUGE & set(names):
        err.print(f"Left out, since it takes gigabytes: crepre image build {name}", markup=False)
    return [name for name in names if name not in HUGE]


def _print_built(image: BuiltImage) -> None:
    how = "was here" if image.was_there else f"built in {image.seconds:.0f} s"
    out.print(f"{image.tag}  {format_memory(image.size_bytes)}  {how}", markup=False)
    if image.held:
        out.print(
            "Students do not get it, since it was rolled back."
            f" To use it again: crepre image rollback {image.name}"
        )


def _verifiable(name: str | None) -> list[str]:
    """Images that bring a ``verify``."""
    if name:
        return [name]
    return [folder.name for folder in image_folders() if (folder.path / "verify").exists()]
