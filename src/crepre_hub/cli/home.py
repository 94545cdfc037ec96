"""``crepre user home``: a home put back from its archive."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from crepre_hub.cli.courses import DryRun
from crepre_hub.cli.endings import LabEnd, lab_end
from crepre_hub.cli.terminal import AsJson, err, out, print_json
from crepre_hub.errors import AccountError, CourseError
from crepre_hub.login.people import any_name
from crepre_hub.ops.archive_files import READ_BYTES
from crepre_hub.units import format_size

app = typer.Typer(help="Homes of people.", no_args_is_help=True)

User = Annotated[str, typer.Argument(help="The login name.", metavar="USER")]
File = Annotated[Path, typer.Argument(help="An archive, as crepre course archive makes them.")]


@app.command()
def restore(user: User, file: File, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Put an archive into somebody's home, which must be empty or not there yet."""
    with lab_end() as lab:
        name = any_name(user)
        _ensure_empty(lab, name)
        size = _ensure_whole(file)
        if not dry_run:
            lab.ends.homes.unpack(name, _parts_of(file))
    if as_json:
        print_json(
            {"user": name, "file": str(file), "unpacked_bytes": size, "applied": not dry_run}
        )
        return
    verb = "would be" if dry_run else "is"
    out.print(f"{file} {verb} in the home of {name}: {format_size(size)}.", markup=False)
    if dry_run:
        err.print("Nothing was changed (--dry-run).")


def _ensure_empty(lab: LabEnd, name: str) -> None:
    if name in lab.ends.running():
        raise AccountError(f"A server of {name} runs.", remedy="Stop it first, on the admin page.")
    home = lab.ends.homes.look([name]).get(name)
    if home is not None and home.entries:
        raise AccountError(
            f"The home of {name} is not empty: {home.entries} files and folders,"
            f" {format_size(home.size_bytes)}. Nothing is put over them.",
            remedy=f"It is {lab.ends.homes.where(name)}",
        )


def _ensure_whole(file: Path) -> int:
    """Read *file* to its end; how much there is to unpack."""
    size = 0
    try:
        with gzip.open(file) as archive:
            while part := archive.read(READ_BYTES):
                size += len(part)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CourseError(f"{file} is no whole archive: {error}") from error
    except OSError as error:
        raise CourseError(f"{file} cannot be read: {error.strerror}.") from error
    return size


def _parts_of(file: Path) -> Iterator[bytes]:
    with file.open("rb") as archive:
        while part := archive.read(READ_BYTES):
            yield part
