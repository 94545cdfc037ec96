"""
What a student might try from inside a seat; runs as the command of a container.

Usage: ``python3 -c SOURCE '[["probe", "argument", ...], ...]' SECONDS``, where a network that is
silent for so long counts as shut. Prints one line of JSON for each:
``[reached, detail]``; *reached* is true when the attempt got through. Standard library only.
"""

import ctypes
import errno
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER = 0x10000000
PTRACE_SEIZE = 0x4206
SYS_ADD_KEY, SYS_KEXEC, SYS_BPF, SYS_KEYCTL, SYS_PERF = 248, 246, 321, 250, 298
SYSLOG_READ_ALL = 3
PATIENCE_SECONDS = int(sys.argv[2])


def syscall(name, *arguments):
    """The result of a libc function; an ``OSError`` where it fails."""
    ctypes.set_errno(0)
    result = getattr(LIBC, name)(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def tcp(host, port):
    """Open a connection, and read what the other side says first."""
    with socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS) as connection:
        connection.settimeout(
            60
        )  # it is open, and whoever answers may have to wait for a processor
        return connection.recv(64).decode(errors="replace")


def keep_trying(host, port, seconds):
    """Try for *seconds* without a pause; reached when any attempt got through."""
    until = time.monotonic() + float(seconds)
    attempts = 0
    while time.monotonic() < until:
        attempts += 1
        try:
            return f"attempt {attempts}: {tcp(host, port)}"
        except OSError:
            time.sleep(0.002)
    raise PermissionError(f"{attempts} attempts")


def udp(host, port):
    """Send a datagram and have it answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(PATIENCE_SECONDS)
        asking.connect((host, int(port)))
        asking.send(b"hello")
        return asking.recv(64).decode(errors="replace")


def tcp_link_local(address, port):
    """Reach a neighbour by its IPv6 link-local address."""
    time.sleep(2.5)  # until the kernel is sure that nobody else has our own address
    scope = socket.if_nametoindex("eth0")
    with socket.socket(socket.AF_INET6) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect((address, int(port), 0, scope))
        connection.settimeout(60)
        return connection.recv(64).decode(errors="replace")


def arp(host):
    """Learn a neighbour's hardware address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.sendto(b"hello", (host, 9))
    time.sleep(1)
    for line in Path("/proc/net/arp").read_text().splitlines()[1:]:
        address, _, flags, hardware, *_ = line.split()
        if address == host and int(flags, 16) & 2:
            return hardware
    raise LookupError("no answer")


def resolve(name):
    """Find an address by name."""
    return socket.gethostbyname(name)


def multicast(group, port):
    """Send to all on the segment; the neighbour says whether it heard."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(PATIENCE_SECONDS)
        asking.sendto(b"hello", (group, int(port)))
        return asking.recv(64).decode(errors="replace")


def unix_socket(path):
    """Talk to a socket in the file system."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)


def raw_socket():
    """Forge packets."""
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()


def packet_socket():
    """Read and forge frames."""
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)).close()


def mount():
    """Mount a file system."""
    syscall("mount", b"none", b"/tmp", b"tmpfs", 0, None)


def user_namespace():
    """Become root in a namespace of one's own, the start of most kernel exploits."""
    syscall("unshare", CLONE_NEWUSER)


def setuid_program(path):
    """Gain root from a program that carries the setuid bit."""
    answer = subprocess.run([path, "-u"], capture_output=True, text=True, check=True)
    if answer.stdout.strip() != "0":
        raise PermissionError(f"still user {answer.stdout.strip()}")


def mknod(kind, major, minor):
    """Make a device node and open it; major and minor as the host numbers them."""
    path = f"/tmp/node-{major}-{minor}"
    mode = {"c": 0o020666, "b": 0o060666}[kind]
    os.mknod(path, mode, os.makedev(int(major), int(minor)))
    os.close(os.open(path, os.O_RDONLY))


def open_device(path):
    """Open a device that is the host's."""
    os.close(os.open(path, os.O_RDONLY))


def ptrace_init():
    """Trace process 1, without stopping it."""
    syscall("ptrace", PTRACE_SEIZE, 1, None, None)


def write_file(path, text):
    """Write where only the host should."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def create_in(folder):
    """Make a file in a folder that should be fixed."""
    path = Path(folder) / "made-by-a-student"
    path.write_text("hello")
    path.unlink()


def make_cgroup():
    """Make a control group of one's own, to leave the limits."""
    for folder in ("/sys/fs/cgroup/pids", "/sys/fs/cgroup"):
        if Path(folder).is_dir():
            os.mkdir(f"{folder}/free")
            os.rmdir(f"{folder}/free")
            return
    raise FileNotFoundError("no cgroups here")


def dmesg():
    """Read the kernel's messages."""
    buffer = ctypes.create_string_buffer(64)
    syscall("klogctl", SYSLOG_READ_ALL, buffer, 64)


def keyring():
    """Use the kernel's key store, which knows no containers."""
    syscall("syscall", SYS_ADD_KEY, b"user", b"probe", b"x", 1, -2)


def bpf():
    """Load a program into the kernel."""
    attributes = ctypes.create_string_buffer(struct.pack("IIIII", 1, 4, 4, 1, 0), 64)
    syscall("syscall", SYS_BPF, 0, attributes, 64)


def perf():
    """Watch the kernel."""
    attributes = ctypes.create_string_buffer(struct.pack("IIQ", 1, 112, 0), 112)
    syscall("syscall", SYS_PERF, attributes, 0, -1, -1, 0)


def chroot():
    """Change the root folder, the old way out of it."""
    os.chroot("/tmp")


def set_clock():
    """Set the host's clock, to what it is already."""
    time.clock_settime(time.CLOCK_REALTIME, time.time())


def hostname():
    """Change the host's name."""
    socket.sethostname("probed")


def low_niceness():
    """Get ahead of all others."""
    os.nice(-5)


def spare_from_oom():
    """Make the kernel spare this process and kill another."""
    Path("/proc/self/oom_score_adj").write_text("-500")


def other_processes():
    """See processes that are not in this container."""
    arguments = [
        Path(f"/proc/{entry}/comm").read_text().strip()
        for entry in os.listdir("/proc")
        if entry.isdigit()
    ]
    if "dockerd" not in arguments:
        raise LookupError(f"only {len(arguments)} of our own")


def gpus_by_environment():
    """Be given GPUs by the environment."""
    seen = os.environ.get("NVIDIA_VISIBLE_DEVICES", "")
    if seen in ("", "void", "none"):
        raise LookupError(f"NVIDIA_VISIBLE_DEVICES is {seen!r}")
    return seen


def core_file():
    """Write the memory of a process to disk when it crashes."""
    import resource

    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        raise PermissionError("core files are limited to 0 bytes")


def capabilities():
    """Hold any capability, now or after running another program."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(("CapPrm", "CapEff", "CapBnd")) and int(line.split()[1], 16):
            return line
    raise PermissionError("none")


def connections(host, port, count):
    """Hold many connections at once."""
    held = []
    for _ in range(int(count)):
        connection = socket.socket()
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect((host, int(port)))
        held.append(connection)
    return str(len(held))


def fork_bomb(count):
    """Start *count* processes that stay; says how many it got."""
    started = 0
    try:
        for _ in range(int(count)):
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
            started += 1
    except OSError as error:
        print(json.dumps([False, f"{started} started, then {errno.errorcode[error.errno]}"]))
        sys.stdout.flush()
        time.sleep(4)
        os._exit(3)
    return str(started)


def memory(mebibytes):
    """Fill memory, every page of it."""
    held = []
    for _ in range(int(mebibytes)):
        held.append(bytearray(b"x") * (1 << 20))
    return f"{len(held)} MiB"


def fill(folder, mebibytes):
    """Write *mebibytes* into a folder."""
    with open(f"{folder}/filled", "wb") as file:
        file.writelines(b"x" * (1 << 20) for _ in range(int(mebibytes)))
    return f"{mebibytes} MiB"


def log_flood(mebibytes):
    """Write *mebibytes* to the log."""
    line = b"x" * 1023 + b"\n"
    for _ in range(int(mebibytes) * 1024):
        os.write(1, line)


def spin(seconds, threads):
    """Use every processor for *seconds*; says how much it got."""
    children = []
    begin = time.monotonic()
    for _ in range(int(threads)):
        child = os.fork()
        if child == 0:
            while time.monotonic() < begin + float(seconds):
                pass
            os._exit(0)
        children.append(child)
    used = 0.0
    for child in children:
        _, _, usage = os.wait4(child, 0)
        used += usage.ru_utime + usage.ru_stime
    return f"{used / (time.monotonic() - begin):.2f}"


def neighbour(port):
    """Stand still and answer: TCP and UDP on *port*, and multicast to 224.0.0.251."""
    threading.Thread(target=_answer_datagrams, args=(int(port),), daemon=True).start()
    interfaces = Path("/proc/net/if_inet6").read_text()
    six = bool(interfaces)
    family = socket.AF_INET6 if six else socket.AF_INET
    with socket.create_server(("", int(port)), family=family, dualstack_ipv6=six) as server:
        print(interfaces)
        print("ready", flush=True)
        while True:
            connection, _ = server.accept()
            connection.sendall(b"neighbour")
            connection.close()


def _answer_datagrams(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        group = struct.pack("4sL", socket.inet_aton("224.0.0.251"), socket.INADDR_ANY)
        listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        listening.bind(("", port))
        while True:
            _, sender = listening.recvfrom(64)
            listening.sendto(b"neighbour", sender)


def attempt(name, *arguments):
    """Run one probe and print what came of it."""
    try:
        print(json.dumps([True, str(globals()[name](*arguments) or "")]), flush=True)
    except (OSError, LookupError, subprocess.SubprocessError) as error:
        print(json.dumps([False, f"{type(error).__name__}: {error}"]), flush=True)


def main():
    """Each probe in a process of its own, so that none spoils the next."""
    for probe in json.loads(sys.argv[1]):
        child = os.fork()
        if child == 0:
            attempt(*probe)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
