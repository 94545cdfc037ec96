"""
Expert: what an experienced admin makes of it.

Containers reached on their network, without published ports; homes in named volumes;
no container used twice; servers outlive the hub; the server's unused extension is off.
Source: https://jupyterhub-dockerspawner.readthedocs.io/en/latest/data-persistence.html
"""
# ruff: noqa: INP001  (JupyterHub runs it, nobody imports it)

import json
import os
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821  (JupyterHub provides it)
load_subconfig("plain.py", path=str(Path(__file__).parent))  # type: ignore[name-defined]  # noqa: F821
told = json.loads(os.environ["BENCH_STOCK"])

c.JupyterHub.cleanup_servers = False
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.remove = True
c.DockerSpawner.notebook_dir = "/home/student"
c.DockerSpawner.volumes = {told["prefix"] + "-home-{username}": "/home/student"}
c.DockerSpawner.environment = {"JUPYTER_CONFIG_PATH": "/opt/course/share/crepre/jupyter"}
