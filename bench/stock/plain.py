"""
Stock: JupyterHub with DockerSpawner, as their documentation begins.

The hub listens where containers reach it, and containers publish their port on loopback, as on
Docker's default bridge; the bridge is one of their own, since the default one is the machine's. The
image's own command is crepre-hub's, so theirs is named. Everything else is the default.
Source: https://jupyterhub-dockerspawner.readthedocs.io/en/latest/docker-image.html
"""
# ruff: noqa: INP001  (JupyterHub runs it, nobody imports it)

import json
import os

c = get_config()  # type: ignore[name-defined]  # noqa: F821  (JupyterHub provides it)
told = json.loads(os.environ["BENCH_STOCK"])

c.JupyterHub.bind_url = f"http://127.0.0.1:{told['port']}"
c.JupyterHub.hub_ip = told["hub_ip"]
c.JupyterHub.hub_port = told["port"] + 81
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{told['port'] + 1}"
c.ConfigurableHTTPProxy.command = told["proxy"]

c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True

c.JupyterHub.spawner_class = "docker"
c.DockerSpawner.image = told["image"]
c.DockerSpawner.cmd = "jupyterhub-singleuser"
c.DockerSpawner.network_name = told["network"]
c.DockerSpawner.use_internal_ip = False
c.DockerSpawner.prefix = told["prefix"]
