"""
Make this machine ready for the real tests: ``python -m tests.machine [--check]``.

What cannot be installed is named, and its tests will be skipped; with ``--check`` or in CI that
is an error (exit 1).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from tests.machine.packages import NEEDS, Need, install, missing_needs, why_not_installable


def main() -> int:
    """Say what is there, install what is not, and name what is still missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.machine", description=__doc__)
    parser.add_argument("--check", action="store_true", help="install nothing")
    options = parser.parse_args()
    missing = missing_needs()
    for need in NEEDS:
        state = "missing" if need in missing else "there"
        print(f"{need.package:18} {state:8} {need.reason}")
    if missing and not options.check:
        missing = install_or_explain(missing)
    if missing:
        print("Missing:", ", ".join(need.package for need in missing))
    strict = options.check or bool(os.environ.get("CI"))
    return 1 if missing and strict else 0


def install_or_explain(missing: Sequence[Need]) -> Sequence[Need]:
    """Install what can be installed; returns what is missing after that."""
    refusal = why_not_installable()
    if refusal:
        print(f"Nothing was installed: {refusal}.")
        return missing
    try:
        install(missing)
    except subprocess.CalledProcessError as problem:
        print(f"apt-get failed with status {problem.returncode}.")
    return missing_needs()


if __name__ == "__main__":
    sys.exit(main())
