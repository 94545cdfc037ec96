"""What happens to a process that takes more of a GPU than its lease says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from crepre_hub.gpu.rules import MINUTE


class Breach(StrEnum):
    """What was seen."""

    OVER_CAP = "over-cap"
    NOT_HELD = "not-held"
    """On a GPU that its server does not hold."""

    OUTSIDE = "outside"
    """A process that belongs to no server of the lab."""


class Step(StrEnum):
    """What is done about it."""

    NOTHING = "nothing"
    NOTICE = "notice"
    RESTART_KERNEL = "restart-kernel"
    STOP_SERVER = "stop-server"
    REPORT = "report"
    """Tell the admin; a process from outside the lab is never ended."""


@dataclass(frozen=True, slots=True)
class Patience:
    """
    How long each step takes.

    Attributes:
        samples: So many samples in a row make a breach; one alone may be a moment's peak.
        after_notice: From the notice to the restart of the kernel.
        after_restart: From there to the stop of the server.
        forget: A breach that was not seen for so long begins anew, with a notice.
        acts: Whether anything comes after the notice.
    """

    samples: int = 2
    after_notice: timedelta = 2 * MINUTE
    after_restart: timedelta = 2 * MINUTE
    forget: timedelta = 15 * MINUTE
    acts: bool = True


@dataclass(frozen=True, slots=True)
class Watch:
    """
    What is remembered of one server (or outside process) on one GPU.

    Attributes:
        breach: What was seen last; None if nothing was.
        samples: How often in a row.
        step: The last that was taken.
        taken: When.
        seen: When the breach was seen last.
    """

    breach: Breach | None = None
    samples: int = 0
    step: Step = Step.NOTHING
    taken: datetime | None = None
    seen: datetime | None = None


def breach_of(*, used: int, cap: int | None, holds_gpu: bool, of_lab: bool) -> Breach | None:
    """
    What is wrong about a process group on a GPU; None if nothing is.

    Args:
        used: Bytes of the GPU's memory, all processes of the server together.
        cap: Bytes of the lease; None for a whole GPU.
        holds_gpu: Its server holds a lease on this GPU.
        of_lab: It belongs to a server of the lab.
    """
    if not of_lab:
        return Breach.OUTSIDE
    if not holds_gpu:
        return Breach.NOT_HELD
    return Breach.OVER_CAP if cap is not None and used > cap else None


def look(
    watch: Watch, seen: Breach | None, now: datetime, patience: Patience
) -> tuple[Watch, Step]:
    """
    One sample: what to do now, and what to remember.

    A sample without a breach does not undo the ladder at once, so nobody escapes it by taking
    turns; after ``Patience.forget`` without one it begins anew. A stop that did not help is taken
    again.
    """
    if watch.seen is not None and now - watch.seen >= patience.forget:
        watch = Watch()
    if seen is None:
        return replace(watch, samples=0), Step.NOTHING
    samples = watch.samples + 1 if seen is watch.breach else 1
    watch = replace(watch, breach=seen, samples=samples, seen=now)
    if samples < patience.samples:
        return watch, Step.NOTHING
    step = _next_step(watch, seen, now, patience)
    return (watch, step) if step is Step.NOTHING else (replace(watch, step=step, taken=now), step)


def _next_step(watch: Watch, seen: Breach, now: datetime, patience: Patience) -> Step:
    if seen is Breach.OUTSIDE:
        return Step.NOTHING if watch.step is Step.REPORT else Step.REPORT
    if watch.taken is None or watch.step is Step.REPORT:
        return Step.NOTICE
    if not patience.acts:
        return Step.NOTHING
    waited = now - watch.taken
    if watch.step is Step.NOTICE:
        return Step.RESTART_KERNEL if waited >= patience.after_notice else Step.NOTHING
    return Step.STOP_SERVER if waited >= patience.after_restart else Step.NOTHING


def to_restart(held: Mapping[str, int], *, used: int, cap: int) -> tuple[str, ...]:
    """
    The kernels that have to be started anew until the rest is within *cap*.

    No more than needed; none where all of them together would not be enough, since then nobody
    loses what a notebook holds for nothing.

    Args:
        held: Bytes of each kernel, by its id.
        used: Bytes of all processes together, also of those that belong to no kernel.
        cap: Bytes that may stay.
    """
    chosen: list[str] = []
    for kernel in sorted(held, key=lambda kernel: (-held[kernel], kernel)):
        if used <= cap:
            break
        chosen.append(kernel)
        used -= held[kernel]
    return tuple(chosen) if used <= cap else ()
