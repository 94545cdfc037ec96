"""
Runs inside an image that is tried: a hub of one student, and this student's first minute.

It is handed to the image's own Python as text, so it imports nothing of crepre-hub. Each line
that it prints is one JSON object whose ``trial`` tells its kind: ``environment`` for the server
to start with, ``step`` when one begins, and ``end``. Arguments: names of modules to import.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketError, websocket_connect

ADDRESS = "http://127.0.0.1:8888/user/student/"
SERVER_SECONDS = 120
KERNEL_SECONDS = 60
CELL_SECONDS = 60
IMPORT_SECONDS = 300
"""The first import of a large framework on a cold disk takes a minute and more."""


class Failed(Exception):
    """What the student would have met, in one sentence."""


def tell(kind: str, **facts: object) -> None:
    """One line for whoever watches."""
    print(json.dumps({"trial": kind, **facts}), flush=True)


def main(modules: Sequence[str]) -> None:
    """Be the hub, wait for the server, then be the student."""
    try:
        parts = importlib.import_module("crepre_seat.verify.server")
    except ImportError as error:
        tell(
            "end", ok=False, text=f"the package seat, which stands for a hub, is not in it: {error}"
        )
        return
    with parts.little_hub() as hub:
        tell("environment", environment=parts.server_environment(ADDRESS, hub))
        try:
            asyncio.run(first_minute(str(hub.token), modules))
        except Failed as failure:
            tell("end", ok=False, text=str(failure))
        else:
            tell("end", ok=True)


async def first_minute(token: str, modules: Sequence[str]) -> None:
    """Log in, open JupyterLab, start a kernel, run a cell, import what the image promises."""
    titles = ["the server", "logging in", "JupyterLab", "a kernel", "a cell"]
    titles += [f"import {name}" for name in modules]
    steps = iter(enumerate(titles, 1))

    def begin() -> None:
        number, title = next(steps)
        tell("step", number=number, of=len(titles), title=title)

    begin()
    await until_it_answers()
    begin()
    log_in(token)
    begin()
    if b"jupyter-config-data" not in ask("lab", token):
        raise Failed("the page /lab is not JupyterLab")
    begin()
    async with kernel(token) as channel:
        begin()
        if (said := await run(channel, "print(6 * 7)", CELL_SECONDS)) != "42\n":
            raise Failed(f"print(6 * 7) printed {said!r}")
        for name in modules:
            begin()
            await run(channel, f"import {name}", IMPORT_SECONDS)


async def until_it_answers() -> None:
    """Return as soon as the server does."""
    end = time.monotonic() + SERVER_SECONDS
    while time.monotonic() < end:
        try:
            urlopen(f"{ADDRESS}api", timeout=10).close()
        except HTTPError as error:
            raise Failed(f"the server answered with error {error.code}") from None
        except (URLError, OSError):
            await asyncio.sleep(0.1)
        else:
            return
    raise Failed(f"the server did not answer in {SERVER_SECONDS} s")


def log_in(token: str) -> None:
    """The right token opens the home, and a wrong one does not."""
    ask("api/contents", token)
    try:
        ask("api/contents", "wrong")
    except Failed:
        return
    raise Failed("the server lets in whoever asks")


def ask(path: str, token: str, body: object = None) -> bytes:
    """What the server answers at *path*; with a *body* something is made there."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(ADDRESS + path, data=data, headers={"Authorization": f"token {token}"})
    try:
        with urlopen(request, timeout=KERNEL_SECONDS) as answer:
            return bytes(answer.read())
    except HTTPError as error:
        raise Failed(f"/{path} was answered with error {error.code}") from None
    except OSError as error:
        raise Failed(f"/{path} was not answered: {error}") from None


@asynccontextmanager
async def kernel(token: str) -> AsyncIterator[WebSocketClientConnection]:
    """A new kernel's channel."""
    made = json.loads(ask("api/kernels", token, body={}))
    address = f"{ADDRESS.replace('http:', 'ws:')}api/kernels/{made['id']}/channels"
    headers = {"Authorization": f"token {token}"}
    request = HTTPRequest(address, headers=headers, connect_timeout=KERNEL_SECONDS)
    try:
        channel = await websocket_connect(request)
    except (HTTPClientError, WebSocketError, OSError) as error:
        raise Failed(f"the kernel did not come up ({error})") from None
    try:
        yield channel
    finally:
        channel.close()


async def run(channel: WebSocketClientConnection, code: str, seconds: float) -> str:
    """What a cell with *code* prints."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "student"}
    header |= {"session": uuid.uuid4().hex, "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": False, "stop_on_error": True}
    message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}}
    await channel.write_message(json.dumps({**message, "content": content}))
    try:
        return await asyncio.wait_for(answer_to(channel, header["msg_id"]), seconds)
    except TimeoutError:
        raise Failed(f"`{code}` had not ended after {seconds} s") from None


async def answer_to(channel: WebSocketClientConnection, sent: str) -> str:
    """What was printed, once the cell has ended and all that it printed is there."""
    printed, awaited = "", {"reply", "idle"}
    while awaited:
        raw = await channel.read_message()
        if raw is None:
            raise Failed("the server closed the kernel's channel")
        message = json.loads(raw)
        content = message["content"]
        if content.get("execution_state") in {"restarting", "dead"}:
            raise Failed("the kernel died")
        if message["parent_header"].get("msg_id") == sent:
            printed += str(content.get("text", "")) if message["msg_type"] == "stream" else ""
            awaited -= {part_of(message)}
    return printed


def part_of(message: dict[str, Any]) -> str:
    """Which awaited part of an answer *message* is; Failed if the cell ended in an error."""
    content = message["content"]
    if message["msg_type"] == "execute_reply":
        if content["status"] != "ok":
            raise Failed(f"{content.get('ename', 'error')}: {content.get('evalue', '')}")
        return "reply"
    return "idle" if content.get("execution_state") == "idle" else ""


if __name__ == "__main__":
    main(sys.argv[1:])
