"""What the page of the room may use."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from crepre_hub.desk.room import Tile
from crepre_hub.hub.course_pages import Frame


@dataclass(frozen=True, slots=True)
class TileView:
    """One member, and where their server is."""

    tile: Tile
    server_url: str


@dataclass(frozen=True, slots=True)
class RoomPage:
    """For ``course_room.html`` and the part of it that changes."""

    frame: Frame = field(metadata={"help": "The course, and which page of it this is."})
    tiles: tuple[TileView, ...] = field(metadata={"help": "Who may need help comes first."})
    sections: tuple[str, ...] = field(metadata={"help": "Those that people are in."})
    section: str = field(metadata={"help": "The one that is shown; empty for all."})
    as_of: datetime = field(metadata={"help": "When this was true (UTC)."})
    trouble: str = field(default="", metadata={"help": "Why nothing was done; may be empty."})
    notice: str = field(default="", metadata={"help": "What the last click did; may be empty."})

    @property
    def hands(self) -> int:
        """How many hands are up."""
        return sum(view.tile.hand_since is not None for view in self.tiles)

    @property
    def counts(self) -> Counter[str]:
        """How many there are in each state."""
        return Counter(str(view.tile.state) for view in self.tiles)
