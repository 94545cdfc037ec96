"""
Runs inside a container whose home is small: fills it to the last byte and file, starts a server.

Prints one JSON object with what the server answered.
"""

import json
from pathlib import Path
from urllib.request import Request, urlopen

from crepre_seat.verify.server import little_hub, running_server

home = Path.home()
big = home / "big"
with big.open("wb", buffering=0) as file:
    try:
        while file.write(b"x" * 4096):
            pass
    except OSError as problem:
        full = problem.strerror
for number in range(1000):
    try:
        (home / f"small-{number}").touch()
    except OSError:
        break

with little_hub() as hub, running_server(hub) as (address, headers, _):

    def ask(path, method="GET"):
        """The status and body of one request."""
        with urlopen(Request(address + path, headers=headers, method=method)) as answer:
            return answer.status, answer.read().decode()

    result = {
        "full": full,
        "files": number,
        "lab": "jupyter-config-data" in ask("lab")[1],
        "listed": "big" in ask("api/contents")[1],
        "deleted": ask("api/contents/big", "DELETE")[0],
        "gone": not big.exists(),
    }
print(json.dumps(result))
