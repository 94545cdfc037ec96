"""What ``crepre image list``, ``rollback``, ``prune`` and ``sbom`` do with the builds here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import typer

from crepre_hub.cli.settings import lab_settings
from crepre_hub.cli.terminal import (
    REFUSED,
    err,
    lab_root,
    out,
    print_json,
    print_table,
    told,
)
from crepre_hub.errors import BackendError, ImageMissing
from crepre_hub.ops.build_shelf import apply_removal, found_builds
from crepre_hub.ops.image_builds import Build, ImageBuilds, Removal, plan_prune
from crepre_hub.ops.image_offer import builds_at, engine_client, roll_back
from crepre_hub.ops.lab_images import abandoned, build_site, image_named
from crepre_hub.ops.project import ensure_state_folder
from crepre_hub.ops.sbom import sbom_of, write_sbom
from crepre_hub.settings.last_good import settings_or_last_good
from crepre_hub.settings.reader import LAB_FILE, Settings
from crepre_hub.units import format_memory


def show_builds(*, as_json: bool) -> None:
    """Print every build on this machine."""
    with told():
        settings = _settings_or_none()
        images = found_builds(engine_client(build_site(settings).environment))
    images = tuple(replace(each, image=_called(each.image, settings)) for each in images)
    if as_json:
        print_json([_row(image, build) for image in images for build in image.builds])
        return
    rows = [_line(image, build) for image in images for build in image.builds]
    if not rows:
        out.print("There is no image on this machine. To build them: crepre image build")
        return
    print_table(("image", "build", "made", "size", "servers", "role"), rows)


def go_back(name: str, build: str) -> None:
    """Give students another build of an image, and say which."""
    with told():
        settings = _settings_or_none()
        image = image_named(name, settings)
        had, have = roll_back(image, build_site(settings).environment, build)
    out.print(f"New servers get {name} {have.name} instead of {had.name}.", markup=False)
    if had.used_by:
        who = f"{had.used_by} servers go" if had.used_by > 1 else "1 server goes"
        out.print(f"{who} on with {had.name} for as long as it runs.", markup=False)
    out.print(f"To undo it: crepre image rollback {name}", markup=False)


def remove_unused(*, dry_run: bool, as_json: bool) -> None:
    """Remove what nobody uses, or only say what that is."""
    with told():
        settings = lab_settings() if (lab_root() / LAB_FILE).exists() else None
        client = engine_client(build_site(settings).environment)
        images = found_builds(client)
        plan = plan_prune(images, abandoned(images, settings) if settings else ())
    if not as_json:
        for removal in plan:
            size = format_memory(removal.build.size_bytes)
            out.print(f"  - {_called(removal.image, settings)}  {removal.build.name}  {size}")
    kept = [] if dry_run else _remove(client, plan)
    gone = [removal for removal in plan if removal not in kept]
    if as_json:
        rows = [{"image": each.image, "build": each.build.name} for each in gone]
        print_json({"removed": [] if dry_run else rows, "would_remove": rows if dry_run else []})
    else:
        _tell_sum(len(gone), dry_run=dry_run)
    if kept:
        raise typer.Exit(REFUSED)


def print_sbom(name: str) -> None:
    """Print what is in the current build of an image."""
    with told():
        settings = _settings_or_none()
        site = build_site(settings)
        image = builds_at(site.environment, image_named(name, settings))
        if image.current is None:
            raise ImageMissing(
                f"There is no image {name} on this machine.", remedy="See: crepre image list"
            )
        reference = f"{image.repository}:{image.current.name}"
        if settings is None or site.bills is None:
            text = sbom_of(reference, site.environment)
        else:
            ensure_state_folder(settings)
            text = write_sbom(reference, site.bills, site.environment).read_text(encoding="utf-8")
    typer.echo(text, nl=False)


def _remove(client: Any, plan: Sequence[Removal]) -> list[Removal]:
    """Remove each; what Docker would not remove is said, and returned."""
    kept = []
    for removal in plan:
        try:
            apply_removal(client, removal)
        except BackendError as error:
            err.print(error.message, style="red", markup=False)
            kept.append(removal)
    return kept


def _tell_sum(count: int, *, dry_run: bool) -> None:
    what = "1 build" if count == 1 else f"{count} builds"
    if not count:
        out.print("Every build is in use, or is what students get or got before.")
    elif dry_run:
        out.print(f"{what} would go. Nothing was removed (--dry-run).")
    else:
        out.print(f"{what} removed. What they share with others stays; so do caches.")


def _called(image: str, settings: Settings | None) -> str:
    """*image* as one types it in this lab: without the lab's id before a course's own."""
    own = f"{settings.lab.lab.id}/" if settings else ""
    return image.removeprefix(own) if own and image.count("/") == 2 else image


def _settings_or_none() -> Settings | None:
    """The lab's own settings, where the command is typed in a lab; a broken file matters not."""
    root = lab_root()
    return settings_or_last_good(root) if (root / LAB_FILE).exists() else None


def _row(image: ImageBuilds, build: Build) -> dict[str, Any]:
    return {
        "image": image.image,
        "build": build.name,
        "id": build.id,
        "tags": sorted(build.tags),
        "made": build.made,
        "size_bytes": build.size_bytes,
        "servers": build.used_by,
        "is_current": build is image.current,
        "is_previous": build is image.previous,
        "is_held": build is image.held,
    }


def _line(image: ImageBuilds, build: Build) -> tuple[str, ...]:
    return (
        image.image,
        build.name,
        f"{build.made.astimezone():%d %b %H:%M}",
        format_memory(build.size_bytes),
        str(build.used_by or ""),
        _role(image, build),
    )


def _role(image: ImageBuilds, build: Build) -> str:
    """What *build* is to students and to a rollback."""
    if build is image.current:
        return "current"
    if build is image.held:
        return "rolled back"
    return "previous" if build is image.previous else ""
