"""One line for each check; exit 0 if all are well, else 1."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping

Check = Callable[[], str]
"""Says what it saw, or raises; ``NotCheckedHere`` if it could not look."""


class NotCheckedHere(Exception):
    """This machine lacks what the check is about, such as a GPU; the message says what."""


def ensure(truth: object, otherwise: str) -> None:
    """A check ends with the sentence *otherwise* unless *truth* holds."""
    if not truth:
        raise AssertionError(otherwise)


def run(name: str, check: Check) -> dict[str, object]:
    """One check's result; whatever it raises is what was found."""
    begin = time.monotonic()
    try:
        ok, text = True, check()
    except NotCheckedHere as why:
        ok, text = True, f"not checked: {why}"
    except Exception as problem:  # noqa: BLE001  (whatever a check raises is its result)
        ok, text = False, str(problem) or type(problem).__name__
    return {"check": name, "ok": ok, "text": text, "seconds": round(time.monotonic() - begin, 2)}


def left_out(name: str) -> dict[str, object]:
    """The result of a check that only a container has."""
    text = "not checked: only the image has it"
    return {"check": name, "ok": True, "text": text, "seconds": 0.0}


def main(anywhere: Mapping[str, Check], container: Mapping[str, Check]) -> int:
    """
    Run the checks that the command line asks for.

    Args:
        anywhere: What holds in the image and in a plain environment from the same lock.
        container: What only the image has; ``--local`` names these and leaves them out.

    Returns:
        The exit status: 0 if all are well.
    """
    parser = argparse.ArgumentParser(description="Does this image hold what it promises?")
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    parser.add_argument("--local", action="store_true", help="look at a virtual environment")
    parser.add_argument("--only", metavar="CHECK", nargs="*", help="these checks alone")
    options = parser.parse_args()
    results = []
    for name, check in {**anywhere, **container}.items():
        if options.only and name not in options.only:
            continue
        skipped = options.local and name in container
        results.append(left_out(name) if skipped else run(name, check))
        if not options.json:
            print(line(results[-1]), flush=True)  # noqa: T201  (this is a program's output)
    if options.json:
        print(json.dumps(results))  # noqa: T201
    sys.stdout.flush()
    return 0 if all(result["ok"] for result in results) else 1


def line(result: Mapping[str, object]) -> str:
    """A result for people."""
    mark = "ok  " if result["ok"] else "FAIL"
    return f"{mark} {result['check']:18} {result['text']} ({result['seconds']} s)"
