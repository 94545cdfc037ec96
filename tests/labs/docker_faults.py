"""
Somebody between a lab and its Docker Engine who makes the Engine fail as told.

A rule names calls by method and path and says what becomes of them. What no rule names passes
untouched, streams and upgraded connections included, since bytes are copied both ways until the
Engine closes; each call has a connection to the Engine of its own.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

Act = Literal["answer", "hold", "hold-answer", "cut", "cut-and-hold", "drop-answer", "delay"]
"""
What becomes of a call.

``answer``: refused with a status, the Engine never hears of it; ``hold``: waits, then goes on;
``cut-and-hold``: the connection ends at once, the Engine acts when the rule is lifted;
``hold-answer``: the Engine acts, the answer waits; ``cut``: the connection ends at once;
``drop-answer``: the Engine acts, the connection ends; ``delay``: goes on after ``seconds``.
"""

UNANSWERED = ("drop-answer", "hold-answer", "cut-and-hold")
"""What the Engine answers is not passed on, or not yet."""

_CHUNK = 65536


@dataclass
class Rule:
    """
    One fault.

    Attributes:
        method: Of the call, such as ``POST``.
        path: A regular expression searched for in the path with its query.
        times: For how many calls; negative for all until ``lift``.
        even_if_nobody_waits: Whether a held call goes on though its caller went away, as one does
            that the Engine had begun.
        met: How many calls it has met so far.
        over: How many of them the Engine has answered, or will not hear of.
    """

    act: Act
    method: str
    path: str
    times: int = -1
    status: int = 500
    even_if_nobody_waits: bool = False
    seconds: float = 0.0
    met: int = 0
    over: int = 0
    _lifted: threading.Event = field(default_factory=threading.Event)

    def meets(self, method: str, path: str) -> bool:
        """Whether this call is one of its own; counts it if so."""
        if self.times == 0 or self._lifted.is_set() or method != self.method:
            return False
        if not re.search(self.path, path):
            return False
        self.times -= 1
        self.met += 1
        return True

    def lift(self) -> None:
        """Let held calls go on, and all later ones pass."""
        self._lifted.set()

    async def until_lifted(self) -> None:
        """Return when somebody has called ``lift``."""
        while not self._lifted.is_set():
            await asyncio.sleep(0.02)


@dataclass(frozen=True)
class Call:
    """The head of a request, and all bytes read so far."""

    method: str
    path: str
    head: bytes
    body: bytes = b""

    async def with_body(self, reader: asyncio.StreamReader) -> Call:
        """The same call with its body read, so that the caller's going away can be seen."""
        length = re.search(rb"\r\ncontent-length: *(\d+)", self.head.lower())
        body = await reader.readexactly(int(length[1])) if length else b""
        return replace(self, body=body)

    @property
    def is_upgrade(self) -> bool:
        """Whether both sides go on talking after the answer's head."""
        return b"\r\nupgrade:" in self.head.lower()

    def for_one_connection(self) -> bytes:
        """The head as the Engine gets it: closed by the Engine when the answer is whole."""
        if self.is_upgrade:
            return self.head
        lines = self.head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        kept = [line for line in lines if not line.lower().startswith(b"connection:")]
        return b"\r\n".join([*kept, b"Connection: close"]) + b"\r\n\r\n"


class FaultyDocker:
    """A Unix socket at *socket* that stands for the one at *engine*."""

    def __init__(self, socket: Path, engine: str) -> None:
        self.socket = socket
        self._engine = engine.removeprefix("unix://")
        self._rules: list[Rule] = []
        self._calls: list[tuple[str, str]] = []
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.come_back()

    @property
    def url(self) -> str:
        """What goes into ``lab.toml``."""
        return f"unix://{self.socket}"

    # --- what the tests say

    def add(self, act: Act, method: str, path: str, **more: Any) -> Rule:
        """Make these calls fail from now on."""
        rule = Rule(act, method, path, **more)
        self._rules.append(rule)
        return rule

    @contextmanager
    def fault(self, act: Act, method: str, path: str, **more: Any) -> Iterator[Rule]:
        """The same, until the end of the block."""
        rule = self.add(act, method, path, **more)
        try:
            yield rule
        finally:
            rule.lift()

    def mend(self) -> None:
        """Lift every rule, and be there."""
        for rule in self._rules:
            rule.lift()
        self._rules.clear()
        self.come_back()

    def go_away(self) -> None:
        """Refuse connections and end those that are open, as an Engine that was stopped."""
        self._run(self._close())

    def come_back(self) -> None:
        """Take connections again."""
        self._run(self._listen())

    def calls(self, method: str, path: str) -> list[str]:
        """Paths of the calls seen so far."""
        return [p for m, p in self._calls if m == method and re.search(path, p)]

    def end(self) -> None:
        """Close the socket and end the thread."""
        self.mend()
        self.go_away()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    # --- one call

    async def _listen(self) -> None:
        if self._server is None:
            self.socket.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._serve, self.socket)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            self.socket.unlink(missing_ok=True)
        for writer in list(self._open):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        rule = None
        try:
            call = await _read_call(reader)
            if call is not None:
                self._calls.append((call.method, call.path))
                rule = next((r for r in self._rules if r.meets(call.method, call.path)), None)
                await self._do(rule, call, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one side went away, which is what these tests are about
        finally:
            self._open.discard(writer)
            writer.close()
            if rule is not None:
                rule.over += 1

    async def _do(
        self,
        rule: Rule | None,
        call: Call,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        match rule.act if rule else None:
            case "answer":
                assert rule is not None
                writer.write(_answer(rule.status))
                await writer.drain()
                return
            case "cut":
                return
            case "cut-and-hold":
                assert rule is not None
                call = await call.with_body(reader)
                writer.close()
                await rule.until_lifted()
            case "delay":
                assert rule is not None
                await asyncio.sleep(rule.seconds)
            case "hold":
                assert rule is not None
                call = await call.with_body(reader)
                await rule.until_lifted()
                if reader.at_eof() and not rule.even_if_nobody_waits:
                    return
        after = rule if rule and rule.act in UNANSWERED else None
        await self._pass_on(after, call, reader, writer)

    async def _pass_on(
        self,
        after: Rule | None,
        call: Call,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        from_engine, to_engine = await asyncio.open_unix_connection(self._engine)
        self._open.add(to_engine)
        up = None
        try:
            to_engine.write(call.for_one_connection() + call.body)
            up = asyncio.create_task(_copy(reader, to_engine))
            if after is None:
                await _copy(from_engine, writer)
                return
            whole = await from_engine.read()
            if after.act == "hold-answer":
                await after.until_lifted()
                writer.write(whole)
                await writer.drain()
        finally:
            self._open.discard(to_engine)
            to_engine.close()
            if up is not None:
                up.cancel()


async def _read_call(reader: asyncio.StreamReader) -> Call | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
    return Call(method, path, head)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until there are no more; the end is passed on as well."""
    with suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


def _answer(status: int) -> bytes:
    body = json.dumps({"message": f"a fault of {status}, made on purpose"}).encode()
    head = (
        f"HTTP/1.1 {status} Fault\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


FaultyDockerMaker = Callable[[], FaultyDocker]
