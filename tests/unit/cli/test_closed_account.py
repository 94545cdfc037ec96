"""Closing an account, as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from crepre_hub.cli import user
from crepre_hub.settings.samples import ensure_samples


def test_the_servers_that_are_stopped_are_those_of_the_account_that_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However its name was typed; the hub, which is asked, knows names in their normal form."""
    ensure_samples(tmp_path)
    monkeypatch.setenv("CREPRE_ROOT", str(tmp_path))
    asked: list[str] = []
    monkeypatch.setattr(user, "is_up", lambda state: True)
    monkeypatch.setattr(user, "stop_servers", lambda settings, of: asked.append(of))
    user.add(["ada"])
    user.disable(" Ada")
    assert asked == ["ada"]
