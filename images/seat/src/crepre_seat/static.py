"""
Jupyter Server's static files, sent compressed where a twin was made beside them.

All of JupyterLab's files go through one handler of Jupyter Server. When the extensions are
loaded, and before anybody is answered, the routes of that handler get this one in its place,
which differs in nothing but what it sends: see ``compress``.

Source: ``jupyter_server/base/handlers.py``, ``FileFindHandler``; ``tornado.routing.Rule``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jupyter_server.base.handlers import FileFindHandler
from tornado.routing import RuleRouter

from crepre_seat.compress import accepts_gzip, is_hashed, twin_of


class TwinFileHandler(FileFindHandler):  # type: ignore[misc]  # Jupyter Server's types are its own
    """
    A static file, or its compressed twin for a browser that takes it.

    A part of a file is always one of the file itself, whatever else the browser takes: two
    halves of one download must not come from different wholes.
    """

    asked_for: str | None = None
    twin: str = ""
    is_packed = False

    def validate_absolute_path(self, root: Any, absolute_path: str) -> str | None:
        """The file to send; the twin is looked at as strictly as the file that was asked for."""
        self.asked_for = super().validate_absolute_path(root, absolute_path)
        self.twin = twin_of(absolute_path) if self.asked_for else ""
        wanted = accepts_gzip(self.request.headers.get("Accept-Encoding", ""))
        self.is_packed = bool(self.twin) and wanted and "Range" not in self.request.headers
        if self.is_packed:
            return super().validate_absolute_path(root, self.twin)  # type: ignore[no-any-return]
        return self.asked_for

    def get_content_type(self) -> str:
        """Of the file that was asked for."""
        sent, self.absolute_path = self.absolute_path, self.asked_for
        try:
            return super().get_content_type()  # type: ignore[no-any-return]
        finally:
            self.absolute_path = sent

    def compute_etag(self) -> str | None:
        """Another one for each version of a file, and for its twin."""
        if self.modified is None:
            return None
        moment = int(self.modified.timestamp())
        return f'"{moment:x}-{self.get_content_size():x}{"-gz" if self.is_packed else ""}"'

    def set_headers(self) -> None:
        """Say how it is packed; what is named by its content need not be asked for again."""
        super().set_headers()
        if self.twin:
            self.add_header("Vary", "Accept-Encoding")
        if self.is_packed:
            self.set_header("Content-Encoding", "gzip")
        if is_hashed(self.path) and not self.no_cache_paths:
            self.set_header("Cache-Control", "public, max-age=31536000, immutable")


def serve_twins(router: RuleRouter) -> int:
    """
    Let every route below *router* that serves files as Jupyter Server does look for twins.

    Returns:
        How many routes that were.
    """
    changed = 0
    for rule in _rules(router):
        if rule.target is FileFindHandler:
            rule.target = TwinFileHandler
            changed += 1
    return changed


def _rules(router: RuleRouter) -> Iterable[Any]:
    for rule in router.rules:
        if isinstance(rule.target, RuleRouter):
            yield from _rules(rule.target)
        else:
            yield rule


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Where Jupyter Server finds the extension."""
    return [{"module": "crepre_seat.static"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Nothing yet: the routes of other extensions are still to come."""


async def _start_jupyter_server_extension(server: Any) -> None:
    """All routes are there, and nobody was answered yet."""
    count = serve_twins(server.web_app.default_router)
    server.log.info("crepre_seat: %d routes serve compressed files", count)
