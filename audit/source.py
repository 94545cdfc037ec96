"""
Where advisories come from, by way of pip-audit, and whether that place can be believed.

A mirror of the package index may answer every question about vulnerabilities with "unknown", and
a scan of it would find the worst of locks in order. So each source is first asked about old
versions whose vulnerabilities everybody knows; one that does not name them is no source.

Source: https://github.com/pypa/pip-audit, https://google.github.io/osv.dev/post-v1-query/.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.locks import Pin, sheets
from audit.reasons import Finding

OSV = "https://api.osv.dev/v1/query"
TIMEOUT_SECONDS = 600

CANARIES: Mapping[Pin, frozenset[str]] = {
    Pin("jinja2", "2.10"): frozenset({"CVE-2019-10906"}),  # the sandbox can be left
    Pin("pyyaml", "5.3"): frozenset({"CVE-2020-1747"}),  # runs code that it loads
}
"""Versions that nobody should use, and a name by which each source knows why."""

Ask = Callable[[str], Mapping[str, Any]]
"""What a source says about the text of a requirement file: pip-audit's JSON."""


class NoSource(Exception):
    """A place that cannot be asked, or cannot be believed; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a source said.

    Attributes:
        findings: Vulnerabilities, without the locks that they are in.
        unknown: Why something could not be looked up, a line for each.
    """

    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]


def believable(ask: Ask) -> None:
    """
    Return if *ask* knows of every canary.

    Raises:
        NoSource: If it cannot be asked, or does not know what everybody knows.
    """
    found = look_up(CANARIES, ask)
    for pin, names in CANARIES.items():
        told = {name for each in found.findings if each.pin == pin for name in each.names}
        if not names <= told:
            raise NoSource(f"it knows of no vulnerability in {pin} ({', '.join(sorted(names))})")


def look_up(pins: Iterable[Pin], ask: Ask) -> Answer:
    """What is known of *pins*; raises ``NoSource``."""
    findings: list[Finding] = []
    unknown: list[str] = []
    for sheet in sheets(pins):
        for each in ask(sheet)["dependencies"]:
            if "skip_reason" in each:
                unknown.append(str(each["skip_reason"]))
            findings += _findings(each)
    return Answer(tuple(findings), tuple(unknown))


def _findings(dependency: Mapping[str, Any]) -> list[Finding]:
    """What pip-audit's JSON tells of one package; it says nothing of how grave a finding is."""
    return [
        Finding(
            pin=Pin(dependency["name"], dependency["version"]),
            id=each["id"],
            aliases=frozenset(each["aliases"]),
            fixed=tuple(each["fix_versions"]),
            locks=(),
        )
        for each in dependency.get("vulns", ())
    ]


def pip_audit(options: Sequence[str]) -> Ask:
    """A way to ask through pip-audit, with *options* that name the source."""

    def ask(sheet: str) -> Mapping[str, Any]:
        with tempfile.TemporaryDirectory(prefix="crepre-audit-") as folder:
            file = Path(folder, "requirements.txt")
            file.write_text(sheet)
            done = subprocess.run(
                [
                    *(sys.executable, "-m", "pip_audit", "--requirement", file),
                    *("--no-deps", "--disable-pip", "--progress-spinner", "off"),
                    *("--format", "json", *options),
                ],
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        return _parsed(done.stdout, done.stderr)

    return ask


def _parsed(out: str, err: str) -> Mapping[str, Any]:
    """Exit status 1 means findings as well as failures; only JSON on *out* is an answer."""
    try:
        answer: Mapping[str, Any] = json.loads(out)
    except json.JSONDecodeError:
        last = (err.strip().splitlines() or ["pip-audit said nothing"])[-1]
        away = any(word in last for word in ("ConnectionError", "Timeout", "timed out"))
        raise NoSource("it cannot be reached" if away else last[:300]) from None
    return answer
