"""A door on a database of its own, and a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from crepre_hub.login.door import Door
from crepre_hub.login.gate import Gate
from crepre_hub.login.passwords import PasswordDesk
from crepre_hub.store.accounts import AccountStore
from crepre_hub.store.attempts import AttemptLog
from tests.hand_clock import HandClock
from tests.migrated import open_migrated


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def door(tmp_path: Path, clock: HandClock) -> Iterator[Door]:
    engine = open_migrated(f"sqlite:///{tmp_path}/lab.sqlite")
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    door = Door(AccountStore(engine, clock), Gate(AttemptLog(engine), clock), PasswordDesk(hasher))
    yield door
    door.close()
    engine.dispose()
