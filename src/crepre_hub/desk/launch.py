"""Starting a seat: who asks, what they chose, what the backend is to make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crepre_hub.backends.backend import Backend, Seat
from crepre_hub.courses.access import Offer, Person, offers_for
from crepre_hub.courses.choose import choose, preselected
from crepre_hub.decisions import Refused
from crepre_hub.profiles.profile import OwnImages, Placement, on_own_image
from crepre_hub.settings.live import LiveCourses


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
    """

    offers: tuple[Offer, ...]
    selected: str


class LaunchDesk:
    """Answers the two questions of a start: what is on offer, and may it be this."""

    def __init__(
        self, courses: LiveCourses, backend: Backend, own_images: Callable[[], OwnImages]
    ) -> None:
        self._courses = courses
        self._backend = backend
        self._own_images = own_images

    def choice(self, person: Person, saved: object) -> Choice:
        """What *person* may start; *saved* is their last choice, trusted in nothing."""
        courses = self._courses.shelf().courses
        offers = offers_for(courses, person)
        selected = preselected(courses, offers, saved)
        return Choice(offers, selected.key if selected else "")

    def launch(self, person: Person, server: str, options: object) -> Launch | Refused:
        """The start that *options* ask for, or why there is none."""
        offer = choose(self._courses.shelf().courses, person, options)
        if isinstance(offer, Refused):
            return offer
        placement = on_own_image(offer.placement, self._own_images())
        return Launch(placement, self._backend.render(placement, Seat(person.name, server)))
