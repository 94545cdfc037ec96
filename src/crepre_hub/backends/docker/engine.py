"""The Docker Engine: where it is, and who talks to it."""

from __future__ import annotations

import functools
import os
from concurrent.futures import ThreadPoolExecutor

import docker
from docker.errors import DockerException

from crepre_hub.errors import DockerClosed, DockerUnreachable

CALLS_AT_ONCE = 256
"""Threads are made when needed; a hanging call holds one of them for at most the timeout."""


def engine_from_environment(default: str) -> str:
    """``DOCKER_HOST`` where it is set, as for Docker's own tools, else *default*."""
    return os.environ.get("DOCKER_HOST") or default


@functools.cache
def call_threads() -> ThreadPoolExecutor:
    """Threads that wait for answers of Docker, for the whole program."""
    return ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="docker")


@functools.cache
def client_at(url: str) -> docker.APIClient:
    """
    A client for the engine at *url*; asks it once which API version it speaks.

    Raises:
        DockerUnreachable: If it does not answer.
    """
    try:
        return docker.APIClient(
            base_url=url, version="auto", timeout=60, max_pool_size=CALLS_AT_ONCE
        )
    except DockerException as error:
        raise unreachable(url, error) from error


def unreachable(url: str, error: Exception) -> DockerUnreachable:
    """What *error* means for whoever asked the engine at *url*, and what they type next."""
    if "Permission denied" in str(error):
        return DockerClosed(
            f"This account may not use Docker at {url}.",
            remedy="Let it, then log in again: sudo usermod -aG docker $USER",
        )
    return DockerUnreachable(
        f"Docker does not answer at {url}.", remedy="Start it: systemctl restart docker"
    )
