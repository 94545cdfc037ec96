"""
Runs inside a container: a server whose memory of the hub lasts a second, and a hub that goes.

Prints one JSON list: the status of a request before, during and after the outage. The hub that
comes back knows the student no more. Takes further arguments for the server.
"""

import json
import sys
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from crepre_seat.verify.server import little_hub, running_server


def status(address, headers):
    """What a request for the home's files ends with."""
    try:
        return urlopen(Request(address + "api/contents", headers=headers)).status
    except HTTPError as problem:
        return problem.code


answers = []
with little_hub() as hub:
    arguments = ["--HubOAuth.cache_max_age=1", *sys.argv[1:]]
    with running_server(hub, *arguments) as (address, headers, _):
        answers.append(status(address, headers))
        hub.shutdown()
        hub.server_close()
        time.sleep(1.5)
        answers.append(status(address, headers))
        with little_hub(hub.server_port):
            time.sleep(11)
            answers.append(status(address, headers))
print(json.dumps(answers))
