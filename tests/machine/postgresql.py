"""A PostgreSQL of our own, by hand, in a folder that goes with it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from crepre_hub.errors import StoreUnreachable
from crepre_hub.store.engine import open_engine, transaction
from tests.machine.fixtures import absent

START_SECONDS = 90


def _other_than_root() -> str | None:
    """PostgreSQL refuses to run as root; the user to run it as, where that matters."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        absent("postgresql: running as root and there is no user postgres")


@pytest.fixture(scope="session")
def postgres_url(postgresql_folder: Path) -> Iterator[str]:
    """A private PostgreSQL, reached by a socket in its own folder, gone after the tests."""
    programs, user = postgresql_folder, _other_than_root()
    with tempfile.TemporaryDirectory(prefix="crepre-pg-") as folder:
        if user:
            shutil.chown(folder, user)
        data = f"{folder}/data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "lab", "--auth=trust", "--no-sync"],
            check=True,
            capture_output=True,
            user=user,
            cwd=folder,
        )
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-h", "", "-k", folder, "-c", "fsync=off"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=user,
            cwd=folder,
        )
        try:
            url = f"postgresql+psycopg://lab@/postgres?host={folder}"
            _wait_for(url, server)
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # does not wait for clients
            server.wait(60)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    engine = open_engine(url)
    until = time.monotonic() + START_SECONDS
    while True:
        assert server.poll() is None, "PostgreSQL ended while it was starting"
        try:
            with transaction(engine) as connection:
                connection.execute(text("SELECT 1"))
            break
        except StoreUnreachable:
            assert time.monotonic() < until, f"PostgreSQL did not start within {START_SECONDS} s"
            time.sleep(0.1)
    engine.dispose()
