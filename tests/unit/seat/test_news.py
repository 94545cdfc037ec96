"""What teachers announce, on its way from the hub to a running JupyterLab."""

from __future__ import annotations

import asyncio

import pytest
from crepre_seat.news import ASK_EVERY_SECONDS, AWAY, News, notices_in, renewed
from crepre_seat.notices import SAVE_BEFORE_SECONDS, Notice, Notices, save_in

ANSWER = b'{"news": [{"id": "1", "course": "Music", "text": "The room is <117>."}]}'
NOTICE = Notice("Music: The room is <117>.")


class Hub:
    """Answers as it is told, and counts."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked = 0
        self.answer: bytes | Exception = ANSWER

    async def __call__(self) -> bytes:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_the_hub_is_asked_now_and_then() -> None:
    """However many windows are open."""
    hub = Hub()
    news = News(hub, lambda: hub.now)
    for second in range(100):
        hub.now = float(second)
        assert asyncio.run(news.notices()) == (NOTICE,)
    assert hub.asked == 1 + 99 // ASK_EVERY_SECONDS


@pytest.mark.parametrize("trouble", [OSError("refused"), TimeoutError(), b"<html>", b'{"news": 1}'])
def test_a_hub_that_is_away_changes_nothing(trouble: bytes | Exception) -> None:
    """What it told stays until it tells something else."""
    hub = Hub()
    news = News(hub, lambda: hub.now)
    asyncio.run(news.notices())
    hub.now, hub.answer = ASK_EVERY_SECONDS, trouble
    assert asyncio.run(news.notices()) == (NOTICE,)
    hub.now, hub.answer = 2 * ASK_EVERY_SECONDS, b'{"news": []}'
    assert asyncio.run(news.notices()) == ()


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"{}", b'{"news": [1]}', b'{"news": [{}]}', b"\xff"]
)
def test_an_answer_that_is_none_is_told_as_such(answer: bytes) -> None:
    """A ValueError, which the log explains."""
    with pytest.raises(ValueError):  # noqa: PT011
        notices_in(answer)


def test_news_comes_after_the_servers_own_notices() -> None:
    """In one list, as JupyterLab shows them."""
    own = Notices()
    own.tell("Your home is full.", "warning")
    texts = [each["text"] for each in own.as_json([NOTICE])["notices"]]
    assert texts == ["Your home is full.", NOTICE.text]
    assert own.as_json()["notices"][1:] == []


OF_GPU = (
    b'{"news": [{"id": "2", "course": "GPU", "text": "2 min left.", "until": 99, "renew": true}]}'
)


def test_an_end_that_is_near_is_a_warning_with_a_button() -> None:
    """As the hub tells it."""
    assert notices_in(OF_GPU) == (Notice("GPU: 2 min left.", "warning", renew=True, until=99),)


def test_jupyterlab_saves_before_the_first_end() -> None:
    """A little before; at once where it is later than that; never where no end is near."""
    late, early = Notice("a", until=500.0), Notice("b", until=400.0)
    assert save_in([NOTICE, late, early], 300.0) == 100.0 - SAVE_BEFORE_SECONDS
    assert save_in([late], 499.0) == 0.0
    assert save_in([NOTICE], 0.0) is None
    assert Notices().as_json([late], now=0.0)["save_in"] == 500.0 - SAVE_BEFORE_SECONDS


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b'{"renewed": true, "text": "Until 13:40."}', Notice("Until 13:40.", "success")),
        (b'{"renewed": false, "text": "Others wait."}', Notice("Others wait.", "warning")),
        (b"<html>", Notice(AWAY, "warning")),
        (b"[]", Notice(AWAY, "warning")),
        (OSError("refused"), Notice(AWAY, "warning")),
    ],
)
def test_whoever_renews_is_told_what_came_of_it(answer: bytes | Exception, said: Notice) -> None:
    """Also where the hub does not answer."""
    hub = Hub()
    hub.answer = answer
    assert asyncio.run(renewed(hub)) == said


def test_what_has_changed_is_asked_at_once() -> None:
    """After a renewal nobody waits for the next turn."""
    hub = Hub()
    news = News(hub, lambda: hub.now)
    asyncio.run(news.notices())
    news.ask_anew()
    asyncio.run(news.notices())
    assert hub.asked == 2
