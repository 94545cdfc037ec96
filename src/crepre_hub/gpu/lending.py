"""Claim, accept, renew, give back: what a person does with the book."""

from __future__ import annotations

from datetime import datetime

from crepre_hub.decisions import Granted, MustWait, Refused
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Claim, Lease, Source, Why
from crepre_hub.gpu.draft import Change, Draft
from crepre_hub.gpu.events import LeaseGranted, ShareOffered
from crepre_hub.gpu.line import settle
from crepre_hub.gpu.room import free_until
from crepre_hub.sentences import say, together


def claim(book: Book, wanted: Claim, now: datetime) -> Change:
    """
    Ask for a share: granted at once where one is free and nobody before could have it.

    Args:
        book: As it is.
        wanted: A new claim; its id becomes that of the lease.
        now: When.

    Returns:
        ``Granted``, and the lease is ``book.leases[wanted.id]``; ``MustWait``, and the claim is in
        the line; or ``Refused``.
    """
    if (refused := _may_not_claim(book, wanted)) is not None:
        return Change(book, refused)
    draft = Draft(book, now)
    draft.put_claim(wanted._replace(since=now, asked=now, missed=0, offer=None))
    settle(draft)
    mine = draft.claims[wanted.id]
    if mine.offer is None:
        return draft.close(MustWait("no-share-free", mine.wish.none_free))
    draft.events = [
        event
        for event in draft.events
        if not (isinstance(event, ShareOffered) and event.claim.id == mine.id)
    ]
    _grant(draft, mine)
    settle(draft)
    return draft.close(Granted("share-free"))


def _may_not_claim(book: Book, wanted: Claim) -> Refused | None:
    if wanted.id in book.claims or wanted.id in book.leases:
        return Refused("claim-known", say("This claim has been made before."))
    if (other := book.claim_of(wanted.person)) is not None:
        return Refused(
            "one-claim-a-person",
            say(
                "You are already in line for %(wish)s, for the course %(course)s.",
                wish=other.wish.said,
                course=other.course,
            ),
            say("Leave the line first, or wait for that one."),
        )
    if book.lease_of(wanted.person, wanted.server) is not None:
        return HOLDS_ONE
    if not any(wanted.wish.on(gpu) for gpu in book.gpus.values()):
        return Refused(
            "no-such-gpu",
            say("The lab has no GPU that could give %(wish)s.", wish=wanted.wish.said),
            say("Choose another profile."),
        )
    return None


def withdraw(book: Book, name: str, now: datetime, why: Why = Why.WITHDRAWN) -> Change:
    """Leave the line, or decline an offer; the next in line is served."""
    mine = book.claims.get(name)
    if mine is None:
        return Change(book, NO_CLAIM)
    draft = Draft(book, now)
    draft.end_claim(mine, why)
    settle(draft)
    return draft.close()


def put_first(book: Book, name: str, now: datetime) -> Change:
    """An admin puts a claim before all others; the line says so."""
    mine = book.claims.get(name)
    if mine is None:
        return Change(book, NO_CLAIM)
    if mine.first or mine.offer is not None:
        return Change(book, Granted("first-already"))
    draft = Draft(book, now)
    draft.put_claim(mine._replace(first=True))
    settle(draft)
    return draft.close(Granted("first"))


def accept(book: Book, name: str, now: datetime) -> Change:
    """
    Take the offered share: the claim becomes a lease.

    Asked a second time it answers ``Granted`` again and changes nothing.
    """
    if name in book.leases:
        return Change(book, Granted("granted-before"))
    mine = book.claims.get(name)
    if mine is None:
        return Change(book, NO_CLAIM)
    if mine.offer is None:
        return Change(book, MustWait("no-share-free", say("Nothing is free for you yet.")))
    if mine.offer.until <= now:
        return Change(
            book,
            Refused(
                "offer-lapsed",
                say(
                    "The share was kept for you until %(time)s.",
                    time=book.rules.clock(mine.offer.until),
                ),
                say("You are still in line unless this was your last offer."),
            ),
        )
    if book.lease_of(mine.person, mine.server) is not None:
        return Change(book, HOLDS_ONE)
    draft = Draft(book, now)
    _grant(draft, mine)
    settle(draft)
    return draft.close(Granted("offer-taken"))


def _grant(draft: Draft, mine: Claim) -> None:
    """The offer of *mine* becomes a lease that begins now."""
    assert mine.offer is not None
    offer = mine.offer
    ends = offer.latest if offer.reservation else min(draft.now + mine.length, offer.latest)
    lease = Lease(
        id=mine.id,
        person=mine.person,
        server=mine.server,
        course=mine.course,
        profile=mine.profile,
        wish=mine.wish,
        length=mine.length,
        gpu=offer.gpu,
        memory=offer.memory,
        start=draft.now,
        ends=ends,
        source=Source.LESSON if offer.reservation else Source.CLAIM,
        waited=draft.now - mine.asked,
        reservation=offer.reservation,
        charged=offer.charged,
        lesson_from=draft.now if offer.reservation else None,
        lesson_until=offer.latest if offer.reservation else None,
    )
    draft.drop_claim(mine)
    draft.put_lease(lease)
    draft.tell(LeaseGranted(lease))


def renew(book: Book, name: str, now: datetime) -> Change:
    """
    Begin the lease's length anew, while nobody waits who could have a share of its GPU.

    A reservation may make it shorter; ``ends`` of the new lease says until when.
    """
    lease = book.leases.get(name)
    if lease is None or lease.ending is not None or lease.ends <= now:
        return Change(book, NO_LEASE)
    if (refused := _may_not_renew(book, lease)) is not None:
        return Change(book, refused)
    ends = _renewed_until(book, lease, now)
    if ends <= lease.ends:
        return Change(
            book,
            Refused(
                "reserved",
                say(
                    "This GPU is kept for a course from %(time)s on.",
                    time=book.rules.clock(lease.ends),
                ),
                say("Save your work; after that, start again or choose a profile without a GPU."),
            ),
        )
    draft = Draft(book, now)
    more = (ends - lease.ends).total_seconds() * draft.share(lease.gpu, lease.memory)
    draft.charge(lease.course, more)
    longer = lease._replace(ends=ends, told=None, idle_told=None, charged=lease.charged + more)
    draft.put_lease(longer)
    settle(draft)
    return draft.close(Granted("nobody-waits"))


def _may_not_renew(book: Book, lease: Lease) -> Refused | None:
    gpu = book.gpus.get(lease.gpu)
    if gpu is None or not gpu.is_lent:
        why = gpu.reason if gpu else ""
        return Refused("gpu-out-of-service", together(say("This GPU goes out of service."), why))
    if any(kind.wish.on(gpu) for kind in book.index.lines):
        return Refused(
            "others-wait",
            say("Somebody waits for a share of this GPU."),
            say(
                "Your lease runs until %(time)s; ask for a new one after that.",
                time=book.rules.clock(lease.ends),
            ),
        )
    return None


def _renewed_until(book: Book, lease: Lease, now: datetime) -> datetime:
    """Up to when it may run if its length begins anew; its old end if it cannot go beyond."""
    wanted = now + lease.length
    if wanted <= lease.ends:
        return lease.ends
    gpu = book.gpus[lease.gpu]
    return free_until(book.index, gpu, lease.memory, lease.ends, wanted, now=now)


def end(book: Book, name: str, now: datetime, why: Why) -> Change:
    """Have the lease's server stopped; its share is held until that is done."""
    lease = book.leases.get(name)
    if lease is None:
        return Change(book, NO_LEASE)
    if lease.ending is not None:
        return Change(book, Granted("ending-already"))
    draft = Draft(book, now)
    draft.stop(lease, why)
    settle(draft)
    return draft.close()


def give_back(book: Book, name: str, now: datetime, why: Why = Why.GIVEN_BACK) -> Change:
    """
    The server is gone and holds nothing any more: the next in line is served.

    Giving back what is not held changes nothing, so it may be said as often as one likes.
    """
    lease = book.leases.get(name)
    if lease is None:
        return Change(book, Granted("not-held"))
    draft = Draft(book, now)
    draft.end_lease(lease, lease.ending or why)
    settle(draft)
    return draft.close()


ASK_ANEW = say("Ask for a GPU on the start page.")
NO_CLAIM = Refused("no-such-claim", say("You are not in line."), ASK_ANEW)
NO_LEASE = Refused("no-such-lease", say("This lease is over."), ASK_ANEW)
HOLDS_ONE = Refused(
    "one-lease-a-server", say("This server already holds a GPU."), say("Stop the server first.")
)
