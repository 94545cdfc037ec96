"""Starting a seat: who asks, what they chose, what the backend is to make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from crepre_hub.backends.backend import Backend, Seat
from crepre_hub.courses.access import Offer, Person, offers_for, writes_data
from crepre_hub.courses.choose import choose, preselected, why_nothing
from crepre_hub.courses.course import Course
from crepre_hub.decisions import Granted, MustWait, Refused
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.desk.park import Asked
from crepre_hub.desk.people import HubUser, PeopleDesk
from crepre_hub.desk.renewing import week_left
from crepre_hub.desk.visits import VisitDesk
from crepre_hub.errors import StoreUnreachable
from crepre_hub.gpu.allowance import Allowance
from crepre_hub.gpu.claims import Lease
from crepre_hub.profiles.profile import OwnImages, Placement, on_own_image
from crepre_hub.sentences import Sentence, say, say_number, together


@dataclass(frozen=True, slots=True)
class Launch:
    """
    A start that may go ahead.

    Attributes:
        traits: What to set on the backend's spawner.
        lease: Id of the lease of its GPU; empty for a server without one.
    """

    placement: Placement
    traits: Mapping[str, object]
    lease: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """
    What a person may start, for the page that asks.

    Attributes:
        selected: Key of the offer to preselect; empty if there is none.
        why_not: Why there is nothing on offer.
        gpus: What can be said of the GPUs of an offer, by its key: ``2 free now``.
    """

    offers: tuple[Offer, ...]
    selected: str
    why_not: Refused | None = None
    gpus: Mapping[str, str] = field(default_factory=dict)


class LaunchDesk:
    """Answers the two questions of a start: what is on offer, and may it be this."""

    def __init__(
        self,
        people: PeopleDesk,
        visits: VisitDesk,
        backend: Backend,
        own_images: Callable[[], OwnImages],
        gpus: LendingDesk,
    ) -> None:
        self._people = people
        self._visits = visits
        self._backend = backend
        self._own_images = own_images
        self._gpus = gpus

    def choice(self, user: HubUser, saved: object) -> Choice:
        """What *user* may start; *saved* is their last choice, trusted in nothing."""
        courses = tuple(self._people.courses().values())
        person = self._people.person(user.name, is_admin=user.is_admin)
        today = self._people.today
        offers = offers_for(courses, person, today=today)
        selected = preselected(courses, offers, saved)
        why_not = None if offers else why_nothing(courses, person, today=today)
        key = selected.key if selected else ""
        gpus = {each.key: self._gpus_for(each, user.name) for each in offers}
        return Choice(offers, key, why_not, gpus)

    def _gpus_for(self, offer: Offer, name: str) -> str:
        """What a card says of GPUs before the click; empty where there is nothing to say."""
        if offer.profile.gpu is None:
            return ""
        try:
            left = week_left(self._gpus, name, offer.course.id, allowance_in(offer.course))
            at_desk = self._place(offer, name) or self._free(offer)
            return together(at_desk, _in_words(left), between="; ")
        except StoreUnreachable:
            return ""  # other profiles can still be started

    def _place(self, offer: Offer, name: str) -> Sentence | None:
        """What somebody is told who has asked for this already; None for everybody else."""
        claim = self._gpus.book().claim_of(name)
        if claim is None or (claim.course, claim.profile) != (offer.course.id, offer.profile_id):
            return None
        if claim.offer is not None:
            return say("one is kept for you")
        seen = self._gpus.outlook().get(claim.id)
        if seen is None or seen.probably_free_at is None:
            return say("you are in line")
        then = self._gpus.book().rules.clock(seen.probably_free_at)
        return say("you are in line, your turn at about %(time)s", time=then)

    def _free(self, offer: Offer) -> Sentence:
        seen = self._gpus.availability(asked_for(offer, Seat("", "")))
        if seen.free_now:
            return say_number("%(num)s free now", "%(num)s free now", seen.free_now)
        if seen.probably_free_at is None:
            return say("none free just now")
        clock = self._gpus.book().rules.clock
        return say("next at about %(time)s", time=clock(seen.probably_free_at))

    def line_up(
        self, user: HubUser, server: str, options: object, *, asked_by: HubUser | None = None
    ) -> Granted | MustWait | Refused:
        """
        Get the GPU that a start with *options* needs, or a place in the line for it.

        ``Granted`` as well where it needs none; whoever then starts the server finds the lease.
        """
        offer = self._offer(user, self._person(user), options, asked_by)
        if isinstance(offer, Refused):
            return offer
        got = self._lease(offer, Seat(user.name, server))
        return Granted("lease") if isinstance(got, Lease) else got or Granted("no-gpu-wanted")

    def launch(
        self, user: HubUser, server: str, options: object, *, asked_by: HubUser | None = None
    ) -> Launch | MustWait | Refused:
        """
        The start that *options* ask for, or why there is none.

        A GPU is lent before anything is made. Asked again, the same lease or claim is found.

        Args:
            user: Whose server it is.
            asked_by: Who wants it; None for *user*, or for a service that an admin set up.
        """
        person = self._person(user)
        offer = self._offer(user, person, options, asked_by)
        if isinstance(offer, Refused):
            return offer
        seat = Seat(user.name, server)
        lease = self._lease(offer, seat)
        if isinstance(lease, MustWait | Refused):
            return lease
        placement = replace(
            on_own_image(offer.placement, self._own_images()),
            writes_data=writes_data(offer.course, person),
        )
        if lease is None:
            return Launch(placement, self._backend.render(placement, seat))
        placement = replace(placement, gpu=self._gpus.given(lease))
        return Launch(placement, self._backend.render(placement, seat), lease.id)

    def _person(self, user: HubUser) -> Person:
        return self._people.person(user.name, is_admin=user.is_admin)

    def _offer(
        self, user: HubUser, person: Person, options: object, asked_by: HubUser | None
    ) -> Offer | Refused:
        courses = tuple(self._people.courses().values())
        offer = choose(courses, person, options, today=self._people.today)
        if isinstance(offer, Refused) or asked_by is None:
            return offer
        answer = self._visits.may_start_for(asked_by, user, offer.course.id)
        return answer if isinstance(answer, Refused) else offer

    def _lease(self, offer: Offer, seat: Seat) -> Lease | MustWait | Refused | None:
        """What the desk of GPUs says; None for a profile without a GPU."""
        if offer.profile.gpu is None:
            return None
        return self._gpus.ask(asked_for(offer, seat))


def _in_words(left: timedelta | None) -> str:
    """What is left of the week; empty for no bound."""
    if left is None:
        return ""
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    return say("you have %(hours)s h %(minutes)s min left this week", hours=hours, minutes=minutes)


def asked_for(offer: Offer, seat: Seat) -> Asked:
    """What *offer*, of a profile with a GPU, asks for."""
    profile = offer.profile
    assert profile.gpu is not None
    return Asked(
        seat,
        offer.course.id,
        offer.profile_id,
        profile.gpu,
        profile.lease,
        allowance_in(offer.course),
    )


def allowance_in(course: Course) -> Allowance:
    """What *course* permits each person."""
    return Allowance(course.gpus.allowance, course.gpus.lessons_count)
