"""What happened in the book, for pages, notices, logs and usage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from crepre_hub.gpu.claims import Claim, Lease, Why
from crepre_hub.gpu.gpus import Gpu
from crepre_hub.gpu.reservations import Reservation
from crepre_hub.gpu.usage import Used


@dataclass(frozen=True, slots=True)
class LeaseGranted:
    """The server may be created."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class ShareOffered:
    """Tell the person; the countdown runs until ``claim.offer.until``."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class OfferWithdrawn:
    """The offered GPU went away, or too little of its time is left; the claim has its old place."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class OfferProlonged:
    """Nobody could take it for a while; the countdown begins anew."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class OfferLapsed:
    """Nobody took it; *claim* is as it waits now, behind the others."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class ClaimEnded:
    """It left the line without a lease."""

    claim: Claim
    why: Why


@dataclass(frozen=True, slots=True)
class Notice:
    """The lease ends in *left*: 30, 10 or 2 minutes, or less where the lease is shorter."""

    lease: Lease
    left: timedelta


@dataclass(frozen=True, slots=True)
class IdleNotice:
    """The GPU has done nothing, and others wait."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class LeaseEnding:
    """Stop the server kindly; the share is free when ``give_back`` says that it is gone."""

    lease: Lease
    why: Why


@dataclass(frozen=True, slots=True)
class LeaseEnded:
    """The share is free. *used* is to be written with the book, once."""

    lease: Lease
    used: Used


@dataclass(frozen=True, slots=True)
class StaysForLesson:
    """The lease would be over, but its course's lesson begins on its GPU: it goes on with it."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class ReservationOver:
    """Its interval has ended, or it was cancelled."""

    reservation: Reservation


@dataclass(frozen=True, slots=True)
class NoShowReleased:
    """*places* shares of the reservation are free for all until it ends."""

    reservation: Reservation
    places: int


@dataclass(frozen=True, slots=True)
class ReservationMoved:
    """A place is on another GPU, since its own is out of service."""

    reservation: Reservation


@dataclass(frozen=True, slots=True)
class ReservationShort:
    """*missing* places are on no GPU any more: none has room. The teacher should know."""

    reservation: Reservation
    missing: int


@dataclass(frozen=True, slots=True)
class GpuChanged:
    """New, back, gone, failed, drained or in service again: ``gpu.state`` and ``gpu.reason``."""

    gpu: Gpu


@dataclass(frozen=True, slots=True)
class GpuTrouble:
    """The lease's GPU is missing or has failed. The server goes on; tell its holder."""

    lease: Lease
    gpu: Gpu


@dataclass(frozen=True, slots=True)
class StrayServer:
    """A server holds GPUs that the book has given to nobody or to another: stop it."""

    server: str
    person: str
    lease: str


Event = (
    LeaseGranted
    | ShareOffered
    | OfferWithdrawn
    | OfferProlonged
    | OfferLapsed
    | ClaimEnded
    | Notice
    | IdleNotice
    | LeaseEnding
    | LeaseEnded
    | StaysForLesson
    | ReservationOver
    | NoShowReleased
    | ReservationMoved
    | ReservationShort
    | GpuChanged
    | GpuTrouble
    | StrayServer
)
