"""What keeps ``crepre`` quick: it takes no more than its command needs."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = {"aiohttp", "docker", "dockerspawner", "jupyterhub", "oauthenticator", "requests"}
LOADED = """\
import json, sys
import crepre_hub.cli
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_commands_wait_for_no_library_of_others() -> None:
    """JupyterHub, Docker's client and all they bring are left to the commands that use them."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "crepre_hub" in loaded
    assert not loaded & HEAVY
