"""A person at a lab, without a browser: the same requests, cookies and websockets."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from crepre_hub.names import home_volume
from tests.labs.lab import PASSWORD, PATIENCE_SECONDS, Lab

_XSRF_FIELD = re.compile(r'name="_xsrf"[^>]*value="([^"]*)"')
_XSRF_SCRIPT = re.compile(r'xsrf_token: "([^"]*)"')


class Student:
    """Somebody with cookies; close with ``async with``."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.name = name
        self.http = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=120)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.close()

    # --- getting in

    async def join(self, link: str, password: str = PASSWORD) -> Self:
        """Open a one-time link and choose a password."""
        page, _ = await self.page(link)
        words = {"password": password, "password_again": password}
        code = URL(link).query["code"]
        await self.post("/hub/welcome", {"code": code, "_xsrf": xsrf_in(page), **words})
        return self

    async def log_in(self, password: str = PASSWORD) -> int:
        """Use the login form; returns the status of the page that follows."""
        page, _ = await self.page("/hub/login")
        form = {"username": self.name, "password": password, "_xsrf": xsrf_in(page)}
        async with self.http.post(self.url("/hub/login"), data=form) as answer:
            return answer.status

    # --- the server

    async def start(self, profile: str = "ml/small", **more: str) -> tuple[int, str]:
        """Post the start page's form; returns status and text of the page that follows."""
        page, _ = await self.page("/hub/spawn")
        form = {"profile": profile, **more}
        url = URL(self.url("/hub/spawn")).with_query(_xsrf=xsrf_in(page))
        async with self.http.post(url, data=form) as answer:
            return answer.status, await answer.text()

    async def start_and_wait(
        self, profile: str = "ml/small", *, seconds: float = PATIENCE_SECONDS
    ) -> float:
        """Start a server and wait until the hub says it is ready; returns the seconds it took."""
        begin = time.monotonic()
        status, text = await self.start(profile)
        assert status < 400, text
        await self.until_ready(seconds=seconds)
        return time.monotonic() - begin

    async def until_ready(self, *, seconds: float = PATIENCE_SECONDS) -> None:
        """Follow the progress events, as the pending page does."""
        async with asyncio.timeout(seconds):
            events = [event async for event in self.progress()]
        assert events[-1].get("ready"), f"{events}\n{self._last_words()}"

    def _last_words(self) -> str:
        """What is logged of a start that failed, for whoever reads why."""
        folder = self.lab.state / "log"
        own = folder / "servers" / f"{home_volume(self.lab.id, self.name)}.log"  # in local mode
        logs = [
            log.read_text(errors="replace") for log in (folder / "hub.log", own) if log.exists()
        ]
        return "\n".join(text[-3000:] for text in logs)

    async def progress(self) -> Any:
        """The events of a start, to the last."""
        page, _ = await self.page("/hub/home")
        url = URL(self.url(f"/hub/api/users/{self.name}/server/progress"))
        async with self.http.get(url.with_query(_xsrf=xsrf_in(page))) as answer:
            assert answer.status == 200, await answer.text()
            async for line in answer.content:
                if line.startswith(b"data: "):
                    event = json.loads(line[6:])
                    yield event
                    if event.get("ready") or event.get("failed"):
                        return

    async def stop(self) -> int:
        """Stop the server through the REST API; waits until it is gone."""
        status, _ = await self.api("DELETE", f"users/{self.name}/server")
        await self.until_stopped()
        return status

    async def until_stopped(self, *, seconds: float = PATIENCE_SECONDS) -> None:
        """Return when the hub knows of no server of this person."""
        async with asyncio.timeout(seconds):
            while (await self.model())["servers"]:
                await asyncio.sleep(0.2)

    async def model(self) -> dict[str, Any]:
        """What the hub says about this person."""
        _, model = await self.api("GET", f"users/{self.name}")
        assert isinstance(model, dict), model
        return model

    async def api(
        self, method: str, path: str, body: Any = None
    ) -> tuple[int, dict[str, Any] | str]:
        """Call the hub's REST API as the browser would."""
        page, _ = await self.page("/hub/home")
        url = URL(self.url(f"/hub/api/{path}")).update_query(_xsrf=xsrf_in(page))
        async with self.http.request(method, url, json=body) as answer:
            return answer.status, _json_or_text(await answer.text())

    # --- JupyterLab

    async def open_lab(self) -> str:
        """Open JupyterLab, login round trip included; returns the page."""
        page, url = await self.page(f"/user/{self.name}/lab")
        assert "/lab" in str(url), url
        return page

    async def kernel(self, path: str = "") -> Kernel:
        """A new kernel, as for the notebook at *path* in the home; ``open_lab`` comes first."""
        wish = {"name": "python3", "path": path}
        status, kernel = await self.server_api("POST", "kernels", wish)
        assert status == 201, kernel
        return Kernel(self, str(kernel["id"]))

    async def server_api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Call the REST API of this person's own server."""
        base = self.url(f"/user/{self.name}/")
        cookies = self.http.cookie_jar.filter_cookies(URL(base))
        headers = {"X-XSRFToken": cookies["_xsrf"].value} if "_xsrf" in cookies else {}
        async with self.http.request(
            method, f"{base}api/{path}", json=body, headers=headers
        ) as answer:
            return answer.status, _json_or_text(await answer.text())

    # --- plain requests

    async def page(self, path: str) -> tuple[str, URL]:
        """The page at *path* after all redirects, and where they led."""
        async with self.http.get(self.url(path)) as answer:
            return await answer.text(), answer.url

    async def post(self, path: str, form: dict[str, str]) -> str:
        """The page after a form was posted; it must not be an error."""
        async with self.http.post(self.url(path), data=form) as answer:
            text = await answer.text()
            assert answer.status < 400, f"{answer.status}: {text}"
            return text

    def url(self, path: str) -> str:
        """*path* at the lab; whole addresses stay."""
        return path if path.startswith("http") else f"{self.lab.url}{path}"


class Kernel:
    """A kernel and the websocket to it, as an open tab has it."""

    def __init__(self, student: Student, kernel_id: str) -> None:
        self.student = student
        self.id = kernel_id
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def run(self, code: str, *, seconds: float = PATIENCE_SECONDS) -> str:
        """What *code* prints and returns, as text; errors come back as their last line."""
        return "".join(map(_said, await self.answers(code, seconds=seconds)))

    async def answers(
        self, code: str, *, seconds: float = PATIENCE_SECONDS
    ) -> list[dict[str, Any]]:
        """Every message that comes back for *code*, until the kernel is idle again."""
        if self._socket is None or self._socket.closed:
            self._socket = await self._connect()
        message = uuid.uuid4().hex
        await self._socket.send_json(_execute_request(message, code))
        answers: list[dict[str, Any]] = []
        async with asyncio.timeout(seconds):
            async for frame in self._socket:
                answer = json.loads(frame.data)
                if answer.get("parent_header", {}).get("msg_id") != message:
                    continue
                answers.append(answer)
                if answer["content"].get("execution_state") == "idle":
                    return answers
        raise AssertionError(f"the connection ended; so far: {answers}")

    async def close(self) -> None:
        """Close the tab; the kernel goes on."""
        if self._socket is not None:
            await self._socket.close()

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        path = f"/user/{self.student.name}/api/kernels/{self.id}/channels"
        return await self.student.http.ws_connect(
            self.student.url(path), headers={"Origin": self.student.lab.url}, max_msg_size=0
        )


def xsrf_in(page: str) -> str:
    """The token that a form on *page* has to carry."""
    match = _XSRF_FIELD.search(page) or _XSRF_SCRIPT.search(page)
    return match[1] if match else ""


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _execute_request(message: str, code: str) -> dict[str, Any]:
    """
    What a tab sends to run *code*.

    Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html#execute
    """
    header = {
        "msg_id": message,
        "msg_type": "execute_request",
        "username": "",
        "session": "test",
        "version": "5.3",
        "date": "",
    }
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
    return {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
        "channel": "shell",
    }


def _said(answer: dict[str, Any]) -> str:
    content = answer["content"]
    match answer["header"]["msg_type"]:
        case "stream":
            return str(content["text"])
        case "execute_result":
            return str(content["data"].get("text/plain", ""))
        case "error":
            return f"{content['ename']}: {content['evalue']}"
        case _:
            return ""
