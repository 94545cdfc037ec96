"""Who listens on the lab's ports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from crepre_hub.findings import Finding
from crepre_hub.settings.ports import Ports

_LISTEN = "0A"
"""Source: https://man7.org/linux/man-pages/man5/proc_net.5.html and tcp_states.h"""


@dataclass(frozen=True, slots=True)
class Listener:
    """A process that listens on a port; *parent* is the one that started it."""

    pid: int
    parent: int
    name: str


@dataclass(frozen=True, slots=True)
class PortFacts:
    """
    The lab's ports, and who has them.

    Attributes:
        wanted: What each port is for, by number.
        taken: Who listens on those of them that are not free; empty where only root may know.
        supervisor: The process that starts the lab's own; 0 while the lab is down.
    """

    wanted: Mapping[int, str]
    taken: Mapping[int, tuple[Listener, ...]]
    supervisor: int


def look_at_ports(ports: Ports, supervisor: int) -> PortFacts:
    """The lab's three ports on this machine."""
    wanted = {ports.public: "browsers", ports.proxy_api: "the proxy's routes", ports.hub: "the hub"}
    tables = [Path(f"/proc/net/{name}") for name in ("tcp", "tcp6")]
    sockets = [each for file in tables if file.exists() for each in listening(file.read_text())]
    inodes = {inode: port for port, inode in sockets if port in wanted}
    taken: dict[int, tuple[Listener, ...]] = dict.fromkeys(inodes.values(), ())
    for inode, listener in _owners(inodes):
        taken[inodes[inode]] = (*taken[inodes[inode]], listener)
    return PortFacts(wanted, taken, supervisor)


def listening(table: str) -> Iterator[tuple[int, int]]:
    """Port and inode of each listening socket in the text of ``/proc/net/tcp``."""
    for row in (line.split() for line in table.splitlines()[1:]):
        if row[3] == _LISTEN:
            yield int(row[1].rpartition(":")[2], 16), int(row[9])


def _owners(inodes: Mapping[int, int]) -> Iterator[tuple[int, Listener]]:
    """Which processes hold the sockets; those of other accounts are only seen by root."""
    for file in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = str(file.readlink())
            inode = int(target[8:-1]) if target.startswith("socket:[") else 0
            if inode in inodes:
                yield inode, _listener(file.parents[1])
        except OSError:  # the process has ended meanwhile
            continue


def _listener(process: Path) -> Listener:
    """*process* is its folder in ``/proc``. Source: proc_pid_stat(5), field 4."""
    parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
    program = (process / "cmdline").read_text().split("\0")[0]
    return Listener(int(process.name), int(parent), Path(program).name)


def judge_ports(seen: PortFacts) -> Iterator[Finding]:
    """Each port is ours or, while the lab is down, free."""
    others = {port: who for port, who in seen.taken.items() if not _is_ours(who, seen)}
    for port, who in sorted(others.items()):
        names = ", ".join(f"{each.name} ({each.pid})" for each in who) or "another program"
        yield Finding(
            "error",
            f"Port {port}, for {seen.wanted[port]}, is taken by {names}.",
            remedy=f"Find it with: ss -ltnp 'sport = :{port}'. Or change listen in lab.toml.",
        )
    if not others:
        numbers = ", ".join(map(str, sorted(seen.wanted)))
        yield Finding("ok", f"Ports {numbers} are {'ours' if seen.taken else 'free'}.")


def _is_ours(who: tuple[Listener, ...], seen: PortFacts) -> bool:
    return bool(seen.supervisor) and any(each.parent == seen.supervisor for each in who)
