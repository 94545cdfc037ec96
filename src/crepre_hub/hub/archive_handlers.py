"""One's own archives, and one's own files as they are now; nobody else's, whatever their role."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from jupyterhub.handlers.base import BaseHandler
from tornado import web

from crepre_hub.backends.homes import SUFFIX
from crepre_hub.errors import BackendError, Busy, HomeMissing
from crepre_hub.hub.archive_pages import ArchivePage, ArchiveRow
from crepre_hub.hub.byte_range import Part, asked_part
from crepre_hub.hub.sending import Downloads, break_off, parts_of, taken
from crepre_hub.login.later import come_back_later
from crepre_hub.names import archive_stem
from crepre_hub.sentences import say
from crepre_hub.store.endings import Archive
from crepre_hub.units import format_size

log = logging.getLogger("crepre.archives")

NO_FILES = say("You have no files here yet.")
NOT_NOW = say("Your files cannot be read just now. What you have saved is safe.")
LATER = say("Try again in some minutes.")


class DownloadHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """What both kinds of download share."""

    @property
    def downloads(self) -> Downloads:
        """What is being sent at this moment."""
        found: Downloads = self.app.downloads()
        return found

    def say_file(self, name: str) -> None:
        """Headers of a file that a browser keeps and nobody in between does."""
        self.set_header("Content-Type", "application/gzip")
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.set_header("Cache-Control", "no-store")


class ArchivesHandler(DownloadHandler):
    """``/hub/my/archive``."""

    @web.authenticated
    async def get(self) -> None:
        """The archives of whoever asks."""
        with come_back_later():
            page = self._page()
        self.finish(await self.render_template("archive.html", page=page))

    @web.authenticated
    async def post(self) -> None:
        """The home of whoever asks, as it is now."""
        user = self.current_user.name
        try:
            with self.downloads.turn(user):
                await self._send_home(user)
        except Busy as busy:
            await self._refuse(429, busy.message, busy.remedy)
        except HomeMissing:
            await self._refuse(404, NO_FILES, "")
        except (BackendError, TimeoutError) as error:
            log.error("The home of %s was not sent: %s", user, error)
            await self._refuse(503, NOT_NOW, LATER)

    async def _send_home(self, user: str) -> None:
        """
        Pack and send at the pace of the reader.

        Raises:
            BackendError, TimeoutError: If not even a first part comes.
        """
        packing = await self.downloads.begin(self.app.ends().homes, user)
        try:
            parts = iter(packing)
            first = await self.downloads.next_packed(parts)
            self.say_file(
                f"{archive_stem(user, f'{self.app.desks().people.now:%Y%m%dT%H%M%SZ}')}{SUFFIX}"
            )
            await self._send_parts(user, first, parts)
        finally:
            await self.downloads.end(packing)

    async def _send_parts(self, user: str, part: bytes | None, parts: Iterator[bytes]) -> None:
        try:
            while part is not None:
                if not await taken(self, part):
                    break_off(self)
                    return
                part = await self.downloads.next_packed(parts)
        except (BackendError, TimeoutError) as error:
            log.error("The home of %s was sent in part: %s", user, error)
            break_off(self)
        else:
            self.finish()

    async def _refuse(self, status: int, message: str, remedy: str) -> None:
        self.set_status(status)
        with come_back_later():
            page = self._page(message, remedy)
        self.finish(await self.render_template("archive.html", page=page))

    def _page(self, message: str = "", remedy: str = "") -> ArchivePage:
        desk, people = self.app.ends().archives, self.app.desks().people
        days, courses = desk.purge_dates(), people.courses()
        rows = tuple(
            ArchiveRow(
                id=each.id,
                course=courses[each.course].title if each.course in courses else each.course,
                made_at=each.began_at,
                size=format_size(each.size_bytes),
                sha256=each.sha256,
                kept_until=days[each.course].purge_on if each.course in days else None,
            )
            for each in desk.archives_of(self.current_user.name)
        )
        return ArchivePage(self.current_user.name, rows, people.today, message, remedy)


class ArchiveFileHandler(DownloadHandler):
    """``/hub/my/archive/<number>``: an archive that was made, or the rest of one."""

    @web.authenticated
    async def get(self, number: str) -> None:
        """Send it at the pace of the reader."""
        archive, part = self._begin(number)
        if part is None:
            return
        parts = parts_of(self.app.ends().folder.root / archive.file, part)
        try:
            while (piece := await self.downloads.next_read(parts)) is not None:
                if not await taken(self, piece):
                    break_off(self)
                    return
        except (OSError, TimeoutError) as error:
            log.error("%s was sent in part: %s", archive.file, error)
            break_off(self)
        else:
            self.finish()

    @web.authenticated
    async def head(self, number: str) -> None:
        """How large it is."""
        _, part = self._begin(number)
        if part is not None:
            self.finish()

    def _begin(self, number: str) -> tuple[Archive, Part | None]:
        """Say what comes; None where the part that is asked for is not in the file."""
        with come_back_later():
            mine = self.app.ends().archives.archives_of(self.current_user.name)
        archive = next((each for each in mine if str(each.id) == number), None)
        if archive is None:
            raise web.HTTPError(404)
        tag = f'"{archive.sha256}"'
        is_same = self.request.headers.get("If-Range", tag) == tag
        wanted = self.request.headers.get("Range", "") if is_same else ""
        part = asked_part(wanted, archive.size_bytes)
        self.set_header("Accept-Ranges", "bytes")
        if part is None:
            self.set_status(416)
            self.set_header("Content-Range", f"bytes */{archive.size_bytes}")
            self.finish()
            return archive, None
        self.say_file(archive.file.rpartition("/")[2])
        self.set_header("Etag", tag)
        self.set_header("Content-Length", part.end - part.first)
        if not part.is_whole:
            self.set_status(206)
            self.set_header("Content-Range", part.content_range)
        return archive, part
