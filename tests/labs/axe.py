"""axe-core, which finds what keeps people with a disability from using a page."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import copyfile
from typing import Any

from playwright.async_api import Page

from crepre_hub.ops.proxy import node

SOURCES = Path(__file__).parents[1] / "browser"
FOLDER = Path(__file__).parents[2] / "var" / "machine" / "browser"
GRAVE = ("serious", "critical")


def ensure_axe() -> Path:
    """The script that ``package-lock.json`` names; installed where it is not there yet."""
    lock, installed = SOURCES / "package-lock.json", FOLDER / "package-lock.json"
    script = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
    if not (script.exists() and installed.read_bytes() == lock.read_bytes()):
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            copyfile(SOURCES / name, FOLDER / name)
        npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [node(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=FOLDER, check=True, capture_output=True)
    return script


async def grave_findings(page: Page) -> list[str]:
    """What is seriously or critically wrong on *page*, a line for each element."""
    await page.evaluate(ensure_axe().read_text())
    result: dict[str, Any] = await page.evaluate("axe.run(document)")
    return [
        f"{rule['id']}: {element['html'][:200]} ({element['failureSummary'][:300]})"
        for rule in result["violations"]
        if rule["impact"] in GRAVE
        for element in rule["nodes"]
    ]
