"""What ``crepre image list`` and ``rollback`` do: the builds of an image that a machine has."""

from __future__ import annotations

from typing import Any

from crepre_hub.cli.terminal import lab_root, out, print_json, print_table, told
from crepre_hub.ops.build_shelf import found_builds
from crepre_hub.ops.image_builds import Build, ImageBuilds
from crepre_hub.ops.image_offer import engine_client, roll_back
from crepre_hub.ops.lab_images import build_site, image_named
from crepre_hub.settings.last_good import settings_or_last_good
from crepre_hub.settings.reader import LAB_FILE, Settings
from crepre_hub.units import format_memory


def show_builds(*, as_json: bool) -> None:
    """Print every build on this machine."""
    with told():
        images = found_builds(engine_client(build_site(_settings_or_none()).environment))
    if as_json:
        print_json([_row(image, build) for image in images for build in image.builds])
        return
    rows = [_line(image, build) for image in images for build in image.builds]
    if not rows:
        out.print("There is no image on this machine. To build them: crepre image build")
        return
    print_table(("image", "build", "made", "size", "servers", ""), rows)


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
        f"{build.made.astimezone():%Y-%m-%d %H:%M}",
        format_memory(build.size_bytes),
        str(build.used_by or ""),
        _role(image, build),
    )


def _role(image: ImageBuilds, build: Build) -> str:
    """What *build* is to students and to a rollback."""
    if build is image.current:
        return "students get it"
    if build is image.held:
        return "rolled back"
    return "previous" if build is image.previous else ""
