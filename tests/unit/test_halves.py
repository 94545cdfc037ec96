"""All tests are run by ``make test``, and none twice."""

from __future__ import annotations

from tests.machine.halves import PYTEST, TESTS, halves


def test_each_test_is_in_one_half() -> None:
    """Whatever the two are given is every file of tests, once."""
    first, second = halves()
    given = [
        file
        for path in (*first, *second)
        for file in ([path] if path.is_file() else path.rglob("test_*.py"))
    ]
    assert sorted(given) == sorted(TESTS.rglob("test_*.py"))
    assert len(second) > 10


def test_all_laws_are_tried_there_on_many_values() -> None:
    """As hypothesis does by itself; pytest alone tries fewer (``tests/conftest.py``)."""
    assert "--hypothesis-profile=thorough" in PYTEST
