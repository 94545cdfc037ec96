"""What is more than a plain question to the hub is asked by JupyterHub itself."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from crepre_seat import hub_client
from crepre_seat.hub_client import Answer, fetch


@pytest.mark.parametrize(
    ("url", "more"),
    [
        ("https://hub.example/hub/api", {}),
        ("http+unix://%2Frun%2Fhub/hub/api", {}),
        ("http://10.0.0.1/hub/api", {"ssl": object()}),
        ("http://10.0.0.1/hub/api", {"timeout": 3}),
    ],
)
def test_certificates_and_whatever_else_are_left_to_jupyterhub(
    url: str, more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its client gets the question word for word."""
    asked: list[dict[str, Any]] = []

    async def theirs(url: str, **named: Any) -> str:
        asked.append({"url": url, **named})
        return "its answer"

    monkeypatch.setattr(hub_client, "loaded", lambda name: SimpleNamespace(fetch=theirs))
    question = {"method": "POST", "raise_for_status": False, "headers": {"A": "b"}, "data": "{}"}
    assert asyncio.run(fetch(url, **question, **more)) == "its answer"
    assert asked == [{"url": url, **question, **more}]


def test_an_answer_that_is_no_text_is_read_all_the_same() -> None:
    """A proxy between may say anything."""
    answer = Answer(502, {}, b"\xff{}")
    assert asyncio.run(answer.text()) == "�{}"
