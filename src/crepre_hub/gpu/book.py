"""The lease book: who holds, waits for and has reserved what, at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crepre_hub.gpu.claims import Claim, Lease
from crepre_hub.gpu.gpus import Gpu
from crepre_hub.gpu.index import Index, indexed
from crepre_hub.gpu.reservations import Reservation
from crepre_hub.gpu.rules import Rules
from crepre_hub.gpu.usage import Usage


@dataclass(frozen=True)
class Book:
    """
    Immutable: each change returns a new book with the next version.

    True of every book that the functions of this package return, at the moment they were given:

    1. **No share is held twice.** Leases and offers together hold no more memory of a GPU than it
       has, and nothing else is on a GPU that one lease holds as a whole. What is over counts until
       its server is known to be gone.
    2. **One lease a server, one claim a person.** An offer is part of its claim.
    3. **Nobody is passed over.** Waiting claims have one order: those that an admin put first;
       then those older than ``Rules.patience``, by age; then by GPU hours that their course
       used; then first come. When a share is offered or granted to a claim, none before it in
       that order could be served with what is free, but where the share is a place of a
       reservation for its course. After each change the first in line who can be served at some
       time cannot be served now, and whoever behind could be has been, unless that would make
       the first wait longer.
    4. **Reservations are kept.** No lease or offer that was given outside a reservation ends
       after its start on memory that its places need. From its start until its end, or until
       nobody came for ``Rules.no_show``, places go to its course alone.
    5. **Nobody starves.** The first in line has a GPU and a moment at which its wish fits there
       if every lease ends when it should; nothing that is given to those behind it, and no
       renewal, moves that moment back. Nobody comes before whoever has waited for ``patience``
       but those who are older, and whom an admin puts first. So with *k* before it in line it is
       served within *k + 1* times the longest lease and claim window, reservations, GPUs out of
       service and servers that do not stop aside.

    The laws hold for the memory that GPUs have when something is granted; a GPU that vanishes
    takes its leases along, and places on it move to others where there is room.

    Attributes:
        gpus: By UUID.
        leases: By id.
        claims: By id.
        reservations: By id; those that are over are forgotten.
        usage: By course.
        version: Of two writers who read the same version one has to read again.
    """

    rules: Rules = field(default_factory=Rules)
    gpus: Mapping[str, Gpu] = field(default_factory=dict)
    leases: Mapping[str, Lease] = field(default_factory=dict)
    claims: Mapping[str, Claim] = field(default_factory=dict)
    reservations: Mapping[str, Reservation] = field(default_factory=dict)
    usage: Mapping[str, Usage] = field(default_factory=dict)
    version: int = 0
    _index: Index | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        *,
        rules: Rules,
        gpus: Iterable[Gpu] = (),
        leases: Iterable[Lease] = (),
        claims: Iterable[Claim] = (),
        reservations: Iterable[Reservation] = (),
        usage: Mapping[str, Usage] | None = None,
        version: int = 0,
    ) -> Book:
        """A book of what was read from the store."""
        return cls(
            rules,
            {gpu.uuid: gpu for gpu in gpus},
            {lease.id: lease for lease in leases},
            {claim.id: claim for claim in claims},
            {each.id: each for each in reservations},
            usage or {},
            version,
        )

    @property
    def index(self) -> Index:
        """Its tables; nobody changes them."""
        if self._index is None:
            built = indexed(
                self.gpus, self.leases.values(), self.claims.values(), self.reservations
            )
            object.__setattr__(self, "_index", built)  # worked out once; the value is the same
            return built
        return self._index

    def claim_of(self, person: str) -> Claim | None:
        """The claim of *person*; None if they wait for nothing."""
        return self.claims.get(self.index.people.get(person, ""))

    def lease_of(self, person: str, server: str = "") -> Lease | None:
        """The lease that *person*'s *server* holds; None if it holds none."""
        return self.leases.get(self.index.servers.get((person, server), ""))

    def leases_of(self, person: str) -> tuple[Lease, ...]:
        """The leases that *person*'s servers hold."""
        return tuple(lease for lease in self.leases.values() if lease.person == person)

    def leases_on(self, gpu: str) -> tuple[Lease, ...]:
        """The leases on a GPU, earliest end first."""
        names = (hold.id for hold in self.index.holds.get(gpu, ()))
        mine = (self.leases[name] for name in names if name in self.leases)
        return tuple(sorted(mine, key=lambda lease: (lease.ends, lease.id)))

    def free_on(self, gpu: str) -> int:
        """Bytes of a GPU that no lease and no offer holds."""
        return self.gpus[gpu].memory - self.index.held.get(gpu, 0)
