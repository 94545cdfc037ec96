"""The lab's time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest

from crepre_hub.clock import lab_zone


@pytest.mark.parametrize("name", ["Europe/Oslo", ":Europe/Oslo"])
def test_the_environment_names_the_zone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Before the machine's own, with summer time."""
    monkeypatch.setenv("TZ", name)
    zone = lab_zone()
    offsets = [datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)]
    oslo = [datetime(2026, month, 1, tzinfo=ZoneInfo("Europe/Oslo")) for month in (1, 7)]
    assert offsets == [each.utcoffset() for each in oslo]
    assert offsets[0] != offsets[1]


def test_a_machine_without_a_zone_is_in_utc(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No file, a file that is none, a name that is none: the lab comes up all the same."""
    monkeypatch.delenv("TZ", raising=False)
    assert lab_zone(tmp_path / "gone") is UTC
    (tmp_path / "localtime").write_text("not a zone")
    assert lab_zone(tmp_path / "localtime") is UTC
    assert "Mars/Base" not in available_timezones()
    monkeypatch.setenv("TZ", "Mars/Base")
    assert lab_zone() is UTC
