"""An invitation: a student lets one of their teachers or assistants in for an hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LENGTH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Invitation:
    """
    Somebody may open the servers of *owner*, whatever course they run for.

    Attributes:
        id: Short; letters and digits.
        course: Where the guest is staff and the owner a student.
        expires_at: It counts before this moment.
        revoked_at: When the owner took it back; None if never.
    """

    id: str
    owner: str
    guest: str
    course: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def counts(self, *, now: datetime) -> bool:
        """An invitation that ends at *now* counts no more."""
        return self.revoked_at is None and now < self.expires_at
