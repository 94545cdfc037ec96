"""
Runs inside a container: prepares homes, starts a server in each, opens the lab and runs a cell.

Takes a JSON list of pairs, the name of a home and the shell script that breaks it. Prints one JSON
object: what happened in each home.
"""

import asyncio
import json
import os
import subprocess
import sys
import uuid
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

from crepre_seat.verify.server import little_hub, running_server
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

AT_ONCE = 1
"""In a container of its own each seat has its ports for itself; here they would meet."""


def try_home(case):
    """One home's story."""
    name, script = case
    home = Path("/home/student", name)
    home.mkdir(exist_ok=True)
    os.environ["HOME"] = str(home)
    os.environ["CREPRE_COURSE_TITLE"] = "A course"
    subprocess.run(["sh", "-c", script], cwd=home, check=True, capture_output=True)
    try:
        with (
            little_hub() as hub,
            running_server(hub, f"--ServerApp.root_dir={home}") as (address, headers, _),
        ):
            return name, {
                "lab": "jupyter-config-data" in ask(address, headers, "lab"),
                "listed": '"type"' in ask(address, headers, "api/contents"),
                "settings": "schema" in ask(address, headers, "lab/api/settings"),
                "workspaces": "workspaces" in ask(address, headers, "lab/api/workspaces"),
                "cell": asyncio.run(run_cell(address, headers)),
                "terminal": asyncio.run(type_in_terminal(address, headers)),
                "notices": [
                    each["text"]
                    for each in json.loads(ask(address, headers, "crepre/notices"))["notices"]
                ],
            }
    except Exception as problem:  # noqa: BLE001  (whatever it is is this home's story)
        return name, {"problem": f"{type(problem).__name__}: {problem}"}


def ask(address, headers, path, data=None):
    """The body of one request."""
    request = Request(address + path, headers=headers, data=data)
    with urlopen(request, timeout=90) as answer:
        return answer.read().decode()


def connect(address, headers, path):
    """A websocket to the server."""
    url = address.replace("http", "ws", 1) + path
    return websocket_connect(HTTPRequest(url, headers=headers))


async def run_cell(address, headers):
    """What a new kernel answers to ``6 * 7``."""
    made = await asyncio.to_thread(ask, address, headers, "api/kernels", b'{"name": "python3"}')
    kernel = json.loads(made)["id"]
    socket = await connect(address, headers, f"api/kernels/{kernel}/channels")
    ident = uuid.uuid4().hex
    header = {"msg_id": ident, "msg_type": "execute_request", "username": "", "session": "x"}
    content = {"code": "6 * 7", "silent": False, "store_history": True, "allow_stdin": False}
    message = {
        "header": {**header, "version": "5.3", "date": ""},
        "parent_header": {},
        "metadata": {},
        "content": content,
        "channel": "shell",
    }
    await socket.write_message(json.dumps(message))
    async with asyncio.timeout(120):
        while True:
            frame = json.loads(await socket.read_message())
            if frame["msg_type"] == "execute_result":
                return frame["content"]["data"]["text/plain"]
            if frame["msg_type"] == "error":
                return frame["content"]["evalue"]


async def type_in_terminal(address, headers):
    """What a new terminal answers to ``echo $((6 * 7))``."""
    made = await asyncio.to_thread(ask, address, headers, "api/terminals", b"{}")
    socket = await connect(address, headers, f"terminals/websocket/{json.loads(made)['name']}")
    shown = ""
    typed = ["stdin", "echo is $((6 * 7)) >&2\r"]
    async with asyncio.timeout(120):
        while "is 42" not in shown:
            try:
                async with asyncio.timeout(1):
                    frame = json.loads(await socket.read_message() or '["end"]')
            except TimeoutError:
                await socket.write_message(json.dumps(typed))
                continue
            if frame[0] == "stdout":
                shown += frame[1]
            elif frame[0] in ("disconnect", "end"):
                return f"ended: {shown}"
    return "42"


if __name__ == "__main__":
    with ProcessPoolExecutor(AT_ONCE) as pool:
        print(json.dumps(dict(pool.map(try_home, json.loads(sys.argv[1])))))
