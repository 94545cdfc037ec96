"""A thousand claims at the same moment, at desks of processes that know nothing of each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from crepre_hub.gpu.claims import Lease
from crepre_hub.store.engine import open_engine
from crepre_hub.store.migrations import ensure_schema
from tests.contract.test_lending_desk import SHARE, SHARED, desk_on, wants
from tests.hand_clock import HandClock


def test_a_thousand_claims_at_once_for_four_shares(tmp_path: Path) -> None:
    """Two processes' worth of desks and forty threads: four owners, and never a fifth."""
    url, clock = f"sqlite:///{tmp_path}/lab.sqlite", HandClock()
    engines = [open_engine(url) for _ in range(2)]
    ensure_schema(engines[0])
    desks = [desk_on(engine, clock, SHARED) for engine in engines]

    def ask(number: int) -> bool:
        answer = desks[number % 2].ask(wants(f"p{number}", SHARE))
        book = desks[number % 2].book()
        assert len(book.leases) <= 4
        assert book.free_on(SHARED.uuid) >= 0
        return isinstance(answer, Lease)

    with ThreadPoolExecutor(40) as threads:
        assert sum(threads.map(ask, range(1000))) == 4
    book = desks[0].book()
    assert (len(book.leases), len(book.claims)) == (4, 996)
    for engine in engines:
        engine.dispose()
