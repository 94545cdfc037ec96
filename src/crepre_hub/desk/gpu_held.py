"""What servers hold of GPUs, as the lease book is told of it when it is compared with them."""

from __future__ import annotations

from crepre_hub.backends import backend
from crepre_hub.gpu.claims import Lease
from crepre_hub.gpu.reconciling import Found


def held_by(server: backend.Found) -> Found:
    """By the word of a server that is there, and has a GPU."""
    assert server.gpu is not None
    gpu, seat = server.gpu, server.seat
    return Found(
        gpu.lease,
        seat.user,
        seat.server,
        server.course,
        server.profile,
        (gpu.uuid,),
        0 if gpu.share >= gpu.memory else gpu.share,
        gpu.ends,
        server.has_run,
    )


def held_under(lease: Lease) -> Found:
    """By the word of the hub, which runs, starts or stops the server of *lease*."""
    return Found(lease.id, lease.person, lease.server, lease.course, lease.profile, (lease.gpu,))
