"""The hub's style sheets and scripts, as browsers are sent them."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from jupyterhub._data import DATA_FILES_PATH
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application

from crepre_hub.hub.static_files import LARGEST_BYTES, PackedFilesHandler, packed_or_none

STATIC = Path(DATA_FILES_PATH) / "static"
SHEET = "css/style.min.css"

Ask = Callable[..., HTTPResponse]


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """Asks a server that has JupyterHub's files, with headers by their names."""
    application = Application([], static_path=str(STATIC), static_handler_class=PackedFilesHandler)
    server = HTTPServer(application)
    listener, port = bind_unused_port()
    server.add_sockets([listener])

    async def fetch(path: str, method: str = "GET", **headers: str) -> HTTPResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await AsyncHTTPClient().fetch(
            f"http://127.0.0.1:{port}/static/{path}",
            method=method,
            headers=named,
            decompress_response=False,
            raise_error=False,
        )

    yield fetch
    server.stop()


async def test_a_style_sheet_is_the_same_packed_and_as_it_is(ask: Ask) -> None:
    """Byte for byte, with the same type; each says that there is another form."""
    packed, plain = await ask(SHEET, Accept_Encoding="gzip, br"), await ask(SHEET)
    content = (STATIC / SHEET).read_bytes()
    assert (packed.code, plain.code) == (200, 200)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == content == plain.body
    assert int(packed.headers["Content-Length"]) == len(packed.body) < 0.3 * len(content)
    assert "Content-Encoding" not in plain.headers
    for answer in (packed, plain):
        assert answer.headers["Content-Type"] == "text/css"
        assert answer.headers["Vary"] == "Accept-Encoding"


async def test_a_part_is_one_of_the_file_itself(ask: Ask) -> None:
    """Whatever else the browser takes."""
    part = await ask(SHEET, Accept_Encoding="gzip", Range="bytes=10-19")
    assert (part.code, part.body) == (206, (STATIC / SHEET).read_bytes()[10:20])
    assert "Content-Encoding" not in part.headers


async def test_what_the_browser_has_is_not_sent_again(ask: Ask) -> None:
    """Told by the file's time, packed or not; asked for its head, it sends none of its body."""
    first = await ask(SHEET, Accept_Encoding="gzip")
    since = first.headers["Last-Modified"]
    again = await ask(SHEET, Accept_Encoding="gzip", If_Modified_Since=since)
    assert (again.code, again.body) == (304, b"")
    head = await ask(SHEET, "HEAD", Accept_Encoding="gzip")
    assert head.headers["Content-Length"] == first.headers["Content-Length"]


@pytest.mark.parametrize("header", ["", "identity", "br", "gzip;q=0", "gzip;q=0.0"])
async def test_who_takes_no_gzip_gets_the_file(ask: Ask, header: str) -> None:
    """As it is."""
    answer = await ask(SHEET, Accept_Encoding=header)
    assert answer.body == (STATIC / SHEET).read_bytes()


@pytest.mark.parametrize(
    ("path", "status"),
    [("css/nothing.css", 404), ("../jupyterhub/x.css", 403), ("css", 403), ("favicon.ico", 200)],
)
async def test_nothing_else_changes(ask: Ask, path: str, status: int) -> None:
    """Files that are not there or not for browsers stay so; pictures are sent as they are."""
    answer = await ask(path.replace("../", "%2e%2e/"), Accept_Encoding="gzip")
    assert answer.code == status
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("size", [0, LARGEST_BYTES + 1])
def test_what_is_not_worth_the_hubs_time_is_sent_as_it_is(tmp_path: Path, size: int) -> None:
    """Nobody can keep the hub busy by asking for large files, nor gains from empty ones."""
    file = tmp_path / "all.js"
    file.write_bytes(b"a" * size)
    assert packed_or_none(str(file), 0) is None


def test_a_file_that_was_replaced_is_packed_again(tmp_path: Path) -> None:
    """After an upgrade nobody gets yesterday's style."""
    file = tmp_path / "style.css"
    for number, text in enumerate((b"a" * 5000, b"b" * 5000)):
        file.write_bytes(text)
        packed = packed_or_none(str(file), number)
        assert packed is not None
        assert gzip.decompress(packed.content) == text
