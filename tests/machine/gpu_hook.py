"""
What stands for NVIDIA's hook on the PATH of an engine of our own: it lends pretended GPUs.

Docker's runtime runs it before a container's first process, with the container's state on the
standard input. It refuses devices that there are none of, as the real one does in these words, and
writes down who got which, and who had the same at that moment.

Source: https://github.com/opencontainers/runtime-spec/blob/main/config.md#prestart
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from pathlib import Path

ASKED = "NVIDIA_VISIBLE_DEVICES="
NONE = {"", "void", "none"}


def main() -> int:
    """Lend what the container asks for, or refuse."""
    state = json.load(sys.stdin)
    folder = Path(os.environ["CREPRE_TEST_GPUS"])
    config = json.loads(Path(state["bundle"], "config.json").read_text())
    texts = [each for each in config["process"]["env"] if each.startswith(ASKED)]
    asked = texts[-1].removeprefix(ASKED) if texts else ""
    known = json.loads((folder / "known.json").read_text())
    devices = known if asked == "all" else [] if asked in NONE else asked.split(",")
    for device in devices:
        if device not in known:
            print(f"nvidia-container-cli: device error: {device}: unknown device", file=sys.stderr)
            return 1
    with (folder / "lent.jsonl").open("a+") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        log.seek(0)
        others = [json.loads(line) for line in log]
        beside = [
            each["id"] for each in others if runs(each) and set(each["devices"]) & set(devices)
        ]
        row = {"id": state["id"], "pid": state["pid"], "devices": devices, "beside": beside}
        log.write(json.dumps(row) + "\n")
    return 0


def runs(row: dict[str, object]) -> bool:
    """Whether the container of an earlier line is still there."""
    try:
        return str(row["id"]) in Path(f"/proc/{row['pid']}/cgroup").read_text()
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
