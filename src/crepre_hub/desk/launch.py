"""Starting a seat: who asks, what they chose, what the backend is to make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from crepre_hub.backends.backend import Backend, Seat
from crepre_hub.courses.access import Offer, offers_for, writes_data
from crepre_hub.courses.choose import choose, preselected, why_nothing
from crepre_hub.decisions import Refused
from crepre_hub.desk.people import HubUser, PeopleDesk
from crepre_hub.desk.visits import VisitDesk
from crepre_hub.profiles.profile import OwnImages, Placement, on_own_image


@dataclass(frozen=True, slots=True)
class Launch:
    """
    A start that may go ahead.

    Attributes:
        traits: What to set on the backend's spawner.
    """

    placement: Placement
    traits: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Choice:
    """
    What a person may start, for the page that asks.

    Attributes:
        selected: Key of the offer to preselect; empty if there is none.
        why_not: Why there is nothing on offer.
    """

    offers: tuple[Offer, ...]
    selected: str
    why_not: Refused | None = None


class LaunchDesk:
    """Answers the two questions of a start: what is on offer, and may it be this."""

    def __init__(
        self,
        people: PeopleDesk,
        visits: VisitDesk,
        backend: Backend,
        own_images: Callable[[], OwnImages],
    ) -> None:
        self._people = people
        self._visits = visits
        self._backend = backend
        self._own_images = own_images

    def choice(self, user: HubUser, saved: object) -> Choice:
        """What *user* may start; *saved* is their last choice, trusted in nothing."""
        courses = tuple(self._people.courses().values())
        person = self._people.person(user.name, is_admin=user.is_admin)
        today = self._people.today
        offers = offers_for(courses, person, today=today)
        selected = preselected(courses, offers, saved)
        why_not = None if offers else why_nothing(courses, person, today=today)
        return Choice(offers, selected.key if selected else "", why_not)

    def launch(
        self, user: HubUser, server: str, options: object, *, asked_by: HubUser | None = None
    ) -> Launch | Refused:
        """
        The start that *options* ask for, or why there is none.

        Args:
            user: Whose server it is.
            asked_by: Who wants it; None for *user*, or for a service that an admin set up.
        """
        courses = tuple(self._people.courses().values())
        person = self._people.person(user.name, is_admin=user.is_admin)
        offer = choose(courses, person, options, today=self._people.today)
        if isinstance(offer, Refused):
            return offer
        if asked_by is not None:
            answer = self._visits.may_start_for(asked_by, user, offer.course.id)
            if isinstance(answer, Refused):
                return answer
        placement = replace(
            on_own_image(offer.placement, self._own_images()),
            writes_data=writes_data(offer.course, person),
        )
        return Launch(placement, self._backend.render(placement, Seat(user.name, server)))
