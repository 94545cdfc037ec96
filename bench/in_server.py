"""
Runs inside the image: the server alone, as our command and as JupyterHub's begin it.

Prints a line of JSON for each start. The arguments are the number of rounds, and the commands.
"""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from crepre_seat.verify.server import free_port

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE_SECONDS = 120
IDLE_SECONDS = 2.0

IMPORTS = {
    "crepre-seat": "from crepre_seat.start import HASTE, put_off; HASTE.begin(); put_off();"
    " OFF = {'notebook_shim'}",
    "jupyterhub-singleuser": "import notebook_shim.nbserver; OFF = set()",
}
"""What each command does before it imports; the rest is the same for both."""

MODULES = """
import importlib, json, pathlib, sys
folder = pathlib.Path(sys.prefix, "etc", "jupyter", "jupyter_server_config.d")
on = {name for file in folder.glob("*.json")
      for name, is_on in json.loads(file.read_text())["ServerApp"]["jpserver_extensions"].items()
      if is_on}
for name in ("jupyterhub.singleuser.app", "jupyter_server.serverapp", "jupyterlab.labapp",
             "crepre_seat.extension", "crepre_seat.outage", *sorted(on - OFF)):
    importlib.import_module(name)
"""


class LittleHub(BaseHTTPRequestHandler):
    """Says yes to what a server tells and asks while it starts."""

    def do_GET(self):
        """The version, whatever is asked."""
        self._answer({"version": os.environ["HUB_VERSION"]})

    def do_POST(self):
        """How the server is: noted."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer({})

    def _answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        """Say nothing."""


def environment(hub_port, port):
    """What a spawner tells the server."""
    api = f"http://127.0.0.1:{hub_port}/hub/api"
    return {
        **os.environ,
        "JUPYTERHUB_API_TOKEN": "0" * 32,
        "JUPYTERHUB_API_URL": api,
        "JUPYTERHUB_ACTIVITY_URL": f"{api}/users/student/activity",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-student",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:servers!server=student/"]',
        "JUPYTERHUB_OAUTH_CALLBACK_URL": "/user/student/oauth_callback",
        "JUPYTERHUB_SERVICE_PREFIX": "/user/student/",
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}/user/student/",
        "JUPYTERHUB_USER": "student",
        "JUPYTERHUB_SERVER_NAME": "",
    }


def cpu_seconds(pid):
    """Of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def own_memory_mib(pid):
    """What a process shares with nobody and has written to."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("the kernel does not tell Private_Dirty")


def imported(command):
    """CPU-seconds of a fresh Python that imports what the server imports."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", IMPORTS[command] + "\n" + MODULES], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def started(command, hub_port):
    """Seconds and CPU-seconds to the first answer, and memory a moment later."""
    port = free_port()
    begin = time.monotonic()
    with subprocess.Popen(
        [command],
        env=environment(hub_port, port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as server:
        said = []
        threading.Thread(target=lambda: said.extend(server.stderr), daemon=True).start()
        while True:
            try:
                urlopen(f"http://127.0.0.1:{port}/user/student/api", timeout=5).close()
                break
            except (URLError, OSError):
                late = time.monotonic() > begin + PATIENCE_SECONDS
                if late or server.poll() is not None:
                    raise SystemExit(b"".join(said[-5:]).decode() or "it did not answer") from None
                time.sleep(0.01)
        seconds, cpu = time.monotonic() - begin, cpu_seconds(server.pid)
        time.sleep(IDLE_SECONDS)
        memory = own_memory_mib(server.pid)
        server.kill()
    return {"seconds": seconds, "cpu": cpu, "memory_mib": memory}


def main():
    """Each command in turn, round after round; who begins changes."""
    rounds, *commands = sys.argv[1:]
    with ThreadingHTTPServer(("127.0.0.1", 0), LittleHub) as hub:
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        for number in range(-1, int(rounds)):  # the first fills the page cache
            for command in commands if number % 2 else commands[::-1]:
                found = {"import_cpu": imported(command), **started(command, hub.server_port)}
                if number >= 0:
                    print(json.dumps({"command": command, "round": number, **found}), flush=True)
        hub.shutdown()


main()
