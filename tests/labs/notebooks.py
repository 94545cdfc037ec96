"""Notebooks on a student's server, run cell by cell as JupyterLab runs them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.labs.student import Kernel, Student

CELL_SECONDS = 240
"""At most; a cell takes a few seconds where nobody else wants the processors."""

_PEAK = """\
import resource
[resource.getrusage(who).ru_maxrss // 1024 for who in (
    resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
"""


@dataclass(frozen=True)
class Outcome:
    """
    What came of a notebook that ran to its end.

    Attributes:
        shown: All output that has a MIME type, as (type, data).
        peak_mib: Of the kernel's own memory and of the largest program that it ran.
    """

    name: str
    seconds: float
    shown: list[tuple[str, str]]
    peak_mib: tuple[int, int]

    def __str__(self) -> str:
        own, child = self.peak_mib
        return f"{self.name}: {self.seconds:.1f} s, {own} MiB, its programs up to {child} MiB"


async def put_folder(student: Student, folder: Path) -> None:
    """Upload *folder*, and what is in it, into the student's home."""
    await _put(student, folder.name, {"type": "directory"})
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder.parent).as_posix()
        if path.is_dir():
            await _put(student, name, {"type": "directory"})
        elif path.suffix == ".ipynb":
            await _put(student, name, {"type": "notebook", "content": json.loads(path.read_text())})
        else:
            await _put(student, name, {"type": "file", "format": "text"} | _text(path))


async def run_notebook(student: Student, path: str) -> Outcome:
    """
    Run every cell of the notebook at *path* in the student's home, each with a new kernel.

    Raises:
        AssertionError: A cell ended with an error; says which.
    """
    status, file = await student.server_api("GET", f"contents/{path}")
    assert status == 200, file
    begin = time.monotonic()
    kernel = await student.kernel(path)
    shown: list[tuple[str, str]] = []
    for number, cell in enumerate(file["content"]["cells"], start=1):
        if cell["cell_type"] == "code":
            answers = await kernel.answers(cell["source"], seconds=CELL_SECONDS)
            _ensure_no_error(f"{path}, cell {number}", answers)
            shown += [each for answer in answers for each in _data_in(answer)]
    seconds = time.monotonic() - begin
    peak = json.loads(await kernel.run(_PEAK))
    await _end(student, kernel)
    return Outcome(path, seconds, shown, (peak[0], peak[1]))


async def _put(student: Student, name: str, model: dict[str, Any]) -> None:
    status, answer = await student.server_api("PUT", f"contents/{name}", model)
    assert status in (200, 201), f"{name}: {answer}"


def _text(path: Path) -> dict[str, str]:
    return {"content": path.read_text()}


async def _end(student: Student, kernel: Kernel) -> None:
    await kernel.close()
    status, answer = await student.server_api("DELETE", f"kernels/{kernel.id}")
    assert status == 204, answer


def _ensure_no_error(where: str, answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        content = answer["content"]
        if answer["header"]["msg_type"] == "error":
            trace = "\n".join(content["traceback"])
            raise AssertionError(f"{where}: {content['ename']}: {content['evalue']}\n{trace}")
        text = content.get("text", "") if answer["header"]["msg_type"] == "stream" else ""
        assert "data rate exceeded" not in text, f"{where}: the server held output back: {text}"


def _data_in(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(kind, str(data)) for kind, data in answer["content"].get("data", {}).items()]
