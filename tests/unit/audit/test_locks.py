"""What a lock names is what is looked up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.locks import LockError, Pin, lock_files, pins_in, sheets

LOCK = """\
# a comment
--index-url https://example.org/simple
aiodns==4.0.4 \\
    --hash=sha256:00 \\
    --hash=sha256:11
Numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:22
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:33
    # via pandas
torch==2.9.0+cpu  # from its own index
uvicorn[standard]==1.0
"""

PINS = st.builds(Pin, st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2", "3"]))


def test_every_version_is_named_whatever_it_is_for() -> None:
    """Markers, hashes, extras, options and a build's own suffix take nothing away."""
    assert sorted(map(str, pins_in(LOCK))) == [
        "aiodns 4.0.4", "numpy 2.4.6", "numpy 2.5.5", "torch 2.9.0", "uvicorn 1.0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    ["numpy>=2", "numpy", "numpy==2,!=3", "numpy==2.*", "x @ https://example.org/x.whl", "="],
)
def test_what_cannot_be_looked_up_is_no_lock(line: str) -> None:
    """A package without one version would be passed over in silence."""
    with pytest.raises(LockError, match=r"version"):
        pins_in(f"a==1\n{line}\n")


@given(st.sets(PINS))
def test_each_pin_is_on_one_sheet_and_no_package_twice_on_one(pins: set[Pin]) -> None:
    """Nothing is lost, nothing asked twice."""
    asked = [pins_in(sheet) for sheet in sheets(pins)]
    assert [pin for sheet in asked for pin in sheet] == list(
        dict.fromkeys(pin for sheet in asked for pin in sheet)
    )
    assert frozenset().union(*asked) == pins
    assert all(len({pin.name for pin in sheet}) == len(sheet) for sheet in asked)


def test_the_projects_own_locks_are_found() -> None:
    """The hub's and every image's; each can be looked up."""
    root = Path(__file__).parents[3]
    files = lock_files(root)
    names = {file.relative_to(root).as_posix() for file in files}
    assert {"requirements/hub.txt", "images/course-cpu/lock.txt"} <= names
    assert all(len(pins_in(file.read_text())) > 20 for file in files)
