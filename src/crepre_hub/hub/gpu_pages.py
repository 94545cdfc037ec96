"""What the pages of the GPU desk may use; nothing else of ours reaches their templates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crepre_hub.desk.gpu_board import Board
from crepre_hub.desk.gpu_mine import ENDED, Mine, mine, why_no_renewal
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.errors import StoreUnreachable
from crepre_hub.gpu.allowance import Allowance
from crepre_hub.gpu.claims import Lease
from crepre_hub.gpu.gpus import Gpu, Health
from crepre_hub.gpu.rules import Rules
from crepre_hub.gpu.usage import Used
from crepre_hub.sentences import Sentence, duration, say, together
from crepre_hub.units import format_memory

SOON, LATER = 4, 15
"""Seconds until an open page asks again, by whether much may happen meanwhile."""

WINDOW_PARTS = 9
"""So often at least somebody in line looks while a GPU is kept for them: every 20 s of 3 min."""

BOARD_SOON = 8
ROWS_A_SECOND = 10

Allowances = Callable[[str], Allowance]

NEAR = timedelta(hours=12)
"""A time of day that is nearer needs no day."""

LATELY = timedelta(minutes=30)
"""So long the pages of somebody's server say why it was stopped."""


@dataclass(frozen=True, slots=True)
class Times:
    """Moments and amounts as pages write them."""

    rules: Rules
    now: datetime

    def clock(self, moment: datetime) -> str:
        """``11:40``, with the day where that could be another one."""
        is_near = abs(moment - self.now) < NEAR
        return self.rules.clock(moment) if is_near else self.rules.day(moment)

    def seconds(self, moment: datetime) -> str:
        """``11:40:05``."""
        return f"{moment.astimezone(self.rules.zone):%H:%M:%S}"

    def left(self, moment: datetime) -> Sentence:
        """``1 h 20 min`` from now; never less than ``1 min``."""
        minutes = max(1, round((moment - self.now).total_seconds() / 60))
        return duration(timedelta(minutes=minutes))

    def memory(self, size: int) -> str:
        """``6 GiB``."""
        return format_memory(size)


@dataclass(frozen=True, slots=True)
class GpuPage:
    """For ``gpu.html`` and ``gpu_now.html``."""

    state: str = field(metadata={"help": "waiting, offered, lent, unused or none."})
    mine: Mine = field(metadata={"help": "The person's claim and lease."})
    profile: str = field(metadata={"help": "Title of the profile that was asked for."})
    server: str = field(metadata={"help": "running, starting, stopping or empty."})
    server_url: str = field(metadata={"help": "Where the server is, or becomes."})
    ended: str = field(metadata={"help": "Why the last lease ended, if that is news."})
    times: Times = field(metadata={"help": "How moments are written."})
    told: tuple[str, ...] = field(default=(), metadata={"help": "What the watchdog tells them."})
    notice: str = field(default="", metadata={"help": "What the last click did; may be empty."})

    @property
    def again_seconds(self) -> int:
        """How soon to look again: often near the front of the line, seldom far from it."""
        view = self.mine.view
        if self.state == "waiting" and view is not None:
            longest = self.times.rules.claim_window.total_seconds() / WINDOW_PARTS
            return round(max(SOON, min(view.place, longest)))
        return SOON if self.server in {"starting", "stopping"} or self.state == "offered" else LATER


@dataclass(frozen=True, slots=True)
class BoardPage:
    """For ``board.html`` and ``board_now.html``."""

    board: Board = field(metadata={"help": "GPUs, line and reservations."})
    is_admin: bool = field(metadata={"help": "Whether the reader may change it."})
    times: Times = field(metadata={"help": "How moments are written."})
    notice: str = field(default="", metadata={"help": "What the last click did; may be empty."})

    @property
    def again_seconds(self) -> int:
        """How soon to look again: a long line is long to write, and changes little at its front."""
        return BOARD_SOON + len(self.board.line) // ROWS_A_SECOND


def state_of_desk(mine: Mine, server: str, *, has_lease: bool) -> str:
    """
    Which of its faces ``gpu.html`` shows.

    Args:
        server: As in ``GpuPage``.
        has_lease: Whether that server is the one that the lease is for.
    """
    if mine.lease is not None:
        return "lent" if has_lease and server else "unused"
    if mine.view is None:
        return "none"
    return "waiting" if mine.view.claim.offer is None else "offered"


def ended(last: Used | None, times: Times) -> str:
    """A sentence about the last lease; empty where there is nothing to tell."""
    if last is None or last.why not in ENDED:
        return ""
    then = say("That was at %(time)s. What you had saved is kept.", time=times.clock(last.end))
    return together(ENDED[last.why], then)


def gpu_note(user: object, desk: LendingDesk) -> str:
    """One line for the top of other pages: somebody's place, offer or time; empty for none."""
    try:
        return _note(getattr(user, "name", ""), desk)
    except StoreUnreachable:
        return ""


def why_stopped(reader: Any, desk: LendingDesk, owner: str) -> str:
    """
    Why the lab has stopped a server of *owner* lately; empty where it has not.

    Args:
        reader: Of the page; nobody but the owner is told.
    """
    if reader is None or reader.name != owner or not desk.lends_gpus:
        return ""
    watchdog = reader.settings["app"].gpus.watchdog
    try:
        last, times = mine(desk, owner).last, Times(desk.book().rules, desk.now)
    except StoreUnreachable:
        return ""
    is_lately = last is not None and times.now - last.end < LATELY
    return watchdog.why_stopped(owner) or (ended(last, times) if is_lately else "")


@dataclass(frozen=True, slots=True)
class GpuNews:
    """
    Something that a running JupyterLab shows once; what is new has another id and another text.

    JupyterLab cuts texts off after 140 characters, ``GPU: `` before them included.

    Attributes:
        until: When the server is stopped; None where no end is near.
        can_renew: Whether a click puts that off.
    """

    id: str
    text: str
    until: datetime | None = None
    can_renew: bool = False

    def as_json(self) -> dict[str, object]:
        """As ``crepre_seat`` reads it."""
        told: dict[str, object] = {"id": self.id, "course": "GPU", "text": self.text}
        if self.until is not None:
            told |= {"until": self.until.timestamp(), "renew": self.can_renew}
        return told


def gpu_news(desk: LendingDesk, person: str, allowance_of: Allowances) -> tuple[GpuNews, ...]:
    """
    What *person* is to hear at work: an end that is near, a GPU that is kept for them.

    Args:
        allowance_of: What a course permits each person, by its id.

    Raises:
        StoreUnreachable: If nobody can say.
    """
    book, times = desk.book(), Times(desk.book().rules, desk.now)
    leases = book.leases_of(person)
    lost = [lease for lease in leases if book.gpus[lease.gpu].health is not Health.PRESENT]
    news = [_of_loss(each, book.gpus[each.gpu]) for each in lost]
    news += [
        _of_idleness(each, times) if each.idle_told else _of_end(desk, each, times, allowance_of)
        for each in leases
        if each.told or each.idle_told
    ]
    claim = book.claim_of(person)
    if claim is not None and claim.offer is not None:
        until = times.seconds(claim.offer.until)
        text = say("A GPU is kept for you until %(time)s. Look at: GPUs, in the lab.", time=until)
        news.append(GpuNews(f"gpu-{claim.id}-offer-{claim.missed}", text))
    return tuple(news)


def _of_loss(lease: Lease, gpu: Gpu) -> GpuNews:
    text = say(
        "Your GPU is lost: %(why)s Save your work, and start your server again.",
        why=gpu.reason,
    )
    return GpuNews(f"gpu-{lease.id}-lost", text)


def _of_idleness(lease: Lease, times: Times) -> GpuNews:
    assert lease.idle_told is not None
    until = min(lease.ends, lease.idle_told + times.rules.idle_grace)
    text = say(
        "Your GPU does nothing, and others wait. Unless it is used again, your server is"
        " stopped at %(time)s; open files are saved.",
        time=times.clock(until),
    )
    return GpuNews(f"gpu-{lease.id}-idle-{lease.idle_told:%H%M}", text, until)


def _of_end(desk: LendingDesk, lease: Lease, times: Times, allowance_of: Allowances) -> GpuNews:
    assert lease.told is not None
    minutes = round(min(lease.told, lease.length).total_seconds() / 60)
    text = say(
        "%(minutes)s min left at most, until %(time)s. Then your server is stopped; open files"
        " are saved.",
        minutes=minutes,
        time=times.clock(lease.ends),
    )
    can_renew = not why_no_renewal(desk, lease, allowance_of(lease.course))
    if not can_renew:
        text = together(text, say("Your time cannot be renewed now."))
    name = f"gpu-{lease.id}-{lease.ends:%H%M}-{minutes}"
    return GpuNews(name, text, lease.ends, can_renew)


def _note(person: str, desk: LendingDesk) -> str:
    book, times = desk.book(), Times(desk.book().rules, desk.now)
    claim = book.claim_of(person)
    if claim is not None and claim.offer is not None:
        until = times.seconds(claim.offer.until)
        return say("A GPU is kept for you until %(time)s.", time=until)
    if claim is not None:
        return say("You are in line for a GPU.")
    lease = next(iter(book.leases_of(person)), None)
    return say("You have a GPU until %(time)s.", time=times.clock(lease.ends)) if lease else ""
