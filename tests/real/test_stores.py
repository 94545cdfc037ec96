"""The store's contract on a real PostgreSQL, and what takes two processes on each database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from crepre_hub.store.engine import open_engine, transaction
from tests.contract.store.conftest import engine  # noqa: F401  (pytest finds it by its name)
from tests.contract.store.test_account_store import *  # noqa: F403  (each test of the contract)
from tests.contract.store.test_attempt_log import *  # noqa: F403
from tests.contract.store.test_directory import *  # noqa: F403
from tests.contract.store.test_gpu_book_store import *  # noqa: F403
from tests.contract.store.test_roster_store import *  # noqa: F403
from tests.contract.store.test_schema import *  # noqa: F403

UPGRADE = """\
import sys
from crepre_hub.store.engine import open_engine
from crepre_hub.store.migrations import ensure_schema
ensure_schema(open_engine(sys.argv[1]))
"""


@pytest.fixture
def empty_url(postgres_url: str) -> str:
    """An empty PostgreSQL, for every test of the contract."""
    everything = open_engine(postgres_url)
    with transaction(everything) as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    everything.dispose()
    return postgres_url


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_processes_may_upgrade_at_the_same_moment(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    """The hub and the command line, started together on an empty database, both go on."""
    empty = f"sqlite:///{tmp_path}/lab.sqlite"
    url = empty if kind == "sqlite" else request.getfixturevalue("empty_url")
    processes = [subprocess.Popen([sys.executable, "-c", UPGRADE, url]) for _ in range(2)]
    assert [process.wait(120) for process in processes] == [0, 0]
