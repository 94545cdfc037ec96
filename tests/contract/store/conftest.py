"""Each kind of database that a lab may have, empty and up to date."""

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
from sqlalchemy import Engine, text

from crepre_hub.errors import StoreUnreachable
from crepre_hub.store.engine import open_engine, transaction
from crepre_hub.store.migrations import ensure_schema


def _postgres_folder() -> Path:
    """Where initdb and postgres are."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "postgres").exists():
            return folder
    pytest.skip("postgresql: no initdb and postgres on this machine")


def _other_than_root() -> str | None:
    """PostgreSQL refuses to run as root; the user to run it as, where that matters."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        pytest.skip("postgresql: running as root and there is no user postgres")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A private PostgreSQL, reached by a socket in its own folder, gone after the tests."""
    programs, user = _postgres_folder(), _other_than_root()
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
            server.wait(20)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    engine = open_engine(url)
    until = time.monotonic() + 30
    while True:
        assert server.poll() is None, "PostgreSQL ended while it was starting"
        try:
            with transaction(engine) as connection:
                connection.execute(text("SELECT 1"))
            break
        except StoreUnreachable:
            assert time.monotonic() < until, "PostgreSQL did not start within 30 s"
            time.sleep(0.1)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/lab.sqlite"
    url: str = request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    with transaction(engine) as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    """An engine whose tables are up to date."""
    engine = open_engine(empty_url)
    ensure_schema(engine)
    yield engine
    engine.dispose()
