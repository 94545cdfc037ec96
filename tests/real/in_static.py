"""
Runs inside a seat: JupyterLab's files, asked for as browsers do.

Prints one JSON object: what was wrong with any of them (nothing), and what a few answers said.
"""

import gzip
import http.client
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from crepre_seat.verify.server import free_port

PREFIX = pathlib.Path(sys.prefix)
LAB = PREFIX / "share/jupyter/lab/static"
EXTENSIONS = PREFIX / "share/jupyter/labextensions"
BASE = "/user/ada/"


def ask(port, path, method="GET", **headers):
    """Status, headers in small letters, and body; names of headers with ``_`` for ``-``."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=named)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def wrong_with(port, path, file):
    """What is wrong with the answers about *file*, in words."""
    content = file.read_bytes()
    plain_status, plain, plain_body = ask(port, path)
    status, packed, body = ask(port, path, Accept_Encoding="gzip, deflate, br")
    if (plain_status, status) != (200, 200):
        yield f"statuses {plain_status} and {status}"
        return
    if plain_body != content or "content-encoding" in plain:
        yield "differs where gzip is not taken"
    if packed.get("content-encoding") == "gzip":
        if gzip.decompress(body) != content or len(body) >= len(content):
            yield "differs when it is unpacked, or is no smaller"
        if packed.get("vary") != "Accept-Encoding" or plain.get("vary") != "Accept-Encoding":
            yield "says nothing of what it depends on"
        if packed["etag"] == plain["etag"]:
            yield "has the tag of the other"
    elif body != content:
        yield "differs"
    if packed["content-type"] != plain["content-type"]:
        yield f"is {packed['content-type']} when packed"
    if int(packed["content-length"]) != len(body):
        yield "tells a wrong length"


def files():
    """Every static file of JupyterLab and its extensions, with its path below the base."""
    for file in LAB.iterdir():
        yield f"{BASE}static/lab/{file.name}", file
    for file in EXTENSIONS.rglob("static/*"):
        yield f"{BASE}lab/extensions/{file.relative_to(EXTENSIONS)}", file


def few_answers(port):
    """What is said about the largest file."""
    core = next(LAB.glob("jlab_core.*.js"))
    path, content = f"{BASE}static/lab/{core.name}", core.read_bytes()
    _, packed, body = ask(port, path, Accept_Encoding="gzip")
    _, plain, _ = ask(port, path)
    part = ask(port, path, Accept_Encoding="gzip", Range="bytes=100-299")
    moment = packed["last-modified"]
    return {
        "smaller": len(body) < 0.3 * len(content),
        "cache": packed["cache-control"],
        "type": packed["content-type"],
        "part": [part[0], part[2] == content[100:300], part[1].get("content-encoding")],
        "same": ask(port, path, Accept_Encoding="gzip", If_None_Match=packed["etag"])[0],
        "same-plain": ask(port, path, If_None_Match=plain["etag"])[0],
        "other-tag": ask(port, path, If_None_Match=packed["etag"])[0],
        "since": ask(port, path, Accept_Encoding="gzip", If_Modified_Since=moment)[0],
        "head": ask(port, path, "HEAD", Accept_Encoding="gzip")[1]["content-length"]
        == str(len(body)),
        "refused": ask(port, path, Accept_Encoding="gzip;q=0")[1].get("content-encoding"),
        "twin": ask(port, path + ".gz", Accept_Encoding="gzip")[0],
        "missing": ask(port, path + "x", Accept_Encoding="gzip")[0],
        "outside": ask(port, f"{BASE}static/lab/../../etc/passwd", Accept_Encoding="gzip")[0],
        "icon": ask(port, f"{BASE}static/favicons/favicon.ico", Accept_Encoding="gzip")[1][
            "cache-control"
        ],
    }


def wait_for(port, server):
    """Return when the server answers."""
    end = time.monotonic() + 60
    while True:
        try:
            return ask(port, f"{BASE}api")
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)


def main():
    """Start a server, ask, print."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *("--ip=127.0.0.1", f"--port={port}", f"--ServerApp.base_url={BASE}"),
            *("--IdentityProvider.token=none", f"--ServerApp.root_dir={home}", *sys.argv[1:]),
        ]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(port, server)
            known = [(path, file) for path, file in files() if file.suffix != ".gz"]
            wrong = {p: list(wrong_with(port, p, f)) for p, f in known}
            packed = sum(pathlib.Path(f"{file}.gz").exists() for _, file in known)
            told = {
                "wrong": {path: words for path, words in wrong.items() if words},
                "files": len(known),
                "twins": packed,
                **few_answers(port),
            }
        finally:
            server.terminate()
            server.wait(90)
    print(json.dumps(told))


main()
