"""What ``docker build`` says becomes steps, and a failure that says which step and why."""

from __future__ import annotations

import pytest

from crepre_hub.errors import CommandFailed, CrepreError, DockerUnreachable
from crepre_hub.ops.build_log import BuildLog, Step, step_title

ENGINE_20 = """\
#1 [internal] load build definition from Dockerfile
#1 sha256:833d2cf79b7baba9786c6f4427e538ebc36a1c03fd5d3f2cdcef3298e451cac9
#1 DONE 0.0s

#4 [1/3] FROM docker.io/library/debian:trixie-slim
#4 CACHED

#5 [2/3] RUN --mount=type=cache,target=/x : Debian packages; set -eu;     apt-get update
#5 0.148 hello
#5 DONE 0.4s

#6 [3/3] RUN --mount=type=secret,id=ca apt-get install -y nosuchpackage
#6 0.212 Reading package lists...
#6 0.222 E: Unable to locate package nosuchpackage
#6 ERROR: executor failed running [/bin/sh -c apt-get install -y nosuchpackage]: exit code: 100
------
 > [3/3] RUN --mount=type=secret,id=ca apt-get install -y nosuchpackage:
------
executor failed running [/bin/sh -c apt-get install -y nosuchpackage]: exit code: 100
""".splitlines()


def read(lines: list[str]) -> tuple[BuildLog, list[Step]]:
    log = BuildLog()
    return log, [step for line in lines if (step := log.feed(line))]


def test_each_step_is_told_once() -> None:
    """A build of three steps tells three, with number, count and title."""
    _, steps = read(ENGINE_20)
    assert steps == [
        Step(1, 3, "FROM docker.io/library/debian:trixie-slim"),
        Step(2, 3, "Debian packages"),
        Step(3, 3, "RUN apt-get install -y nosuchpackage"),
    ]


def test_steps_of_a_named_stage_are_steps() -> None:
    """The stage's name, which some clients write before the numbers, does not matter."""
    _, steps = read(["#7 [stage-0 4/9] COPY a b", "#8 [tools  5/9] COPY c d", "#9 [6/9] RUN e"])
    assert [(step.number, step.title) for step in steps] == [
        (4, "COPY a b"),
        (5, "COPY c d"),
        (6, "RUN e"),
    ]


def test_a_failure_names_the_step_and_the_reason() -> None:
    """Who reads the message knows which step failed, what it said, and what to type next."""
    log, _ = read(ENGINE_20)
    failure = log.failure("course-cpu")
    assert isinstance(failure, CommandFailed)
    assert "step 3 of 3 (RUN apt-get install -y nosuchpackage)" in failure.message
    assert "E: Unable to locate package nosuchpackage" in failure.message
    assert "sha256:" not in failure.message
    assert "crepre image build course-cpu" in failure.remedy


@pytest.mark.parametrize(
    ("line", "kind", "remedy"),
    [
        ("Cannot connect to the Docker daemon at unix:///x.", DockerUnreachable, "systemctl"),
        (
            "permission denied while trying to connect to the docker API at unix:///run/docker.sock",
            DockerUnreachable,
            "usermod",
        ),
        ("#8 3.1 OSError: [Errno 28] No space left on device", CommandFailed, "prune"),
        (
            "#8 2.0 SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]",
            CommandFailed,
            "SSL_CERT_FILE",
        ),
        (
            "#8 ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            CommandFailed,
            "differs from its lock",
        ),
        (
            "#3 ERROR: failed to do request: Head https://registry/v2/x: no such host",
            CommandFailed,
            "CREPRE_BASE_IMAGE",
        ),
        (
            "#4 1.2 Err:1 http://deb.debian.org trixie: Temporary failure resolving",
            CommandFailed,
            "HTTP_PROXY",
        ),
    ],
)
def test_a_known_failure_has_its_own_remedy(
    line: str, kind: type[CrepreError], remedy: str
) -> None:
    """The usual troubles of a build are recognised by their words."""
    log, _ = read([line])
    failure = log.failure("course-cpu")
    assert type(failure) is kind
    assert remedy in failure.remedy
    assert "before its first step" in failure.message


def test_a_message_stays_short() -> None:
    """However much a build said, its failure quotes a few lines, and the log keeps few."""
    log, _ = read([f"#8 {i}.0 line {i}" for i in range(100_000)])
    message = log.failure("course-cpu").message
    assert "line 99999" in message
    assert len(message.splitlines()) < 12


def test_a_title_fits_on_a_line() -> None:
    """A long instruction is cut, and its blanks are joined."""
    title = step_title("RUN a    b \t c " + "x" * 100)
    assert title.startswith("RUN a b c xxx")
    assert len(title) == 60


ENGINE_28 = """\
#6 [3/3] RUN : Python packages; pip install nunpy
#6 0.212 ERROR: No matching distribution found for nunpy
#6 ERROR: process "/bin/sh -c : Python packages; pip install nunpy" did not complete: exit code: 1
------
 > [3/3] RUN : Python packages; pip install nunpy:
0.212 ERROR: No matching distribution found for nunpy
------
Dockerfile:3
--------------------
   1 |     FROM x
   3 | >>> RUN : Python packages; pip install nunpy
--------------------
ERROR: failed to solve: process "/bin/sh -c pip install nunpy" did not complete: exit code: 1
""".splitlines()


@pytest.mark.parametrize("lines", [ENGINE_20, ENGINE_28], ids=["20", "28"])
def test_a_failure_does_not_repeat_the_instruction(lines: list[str]) -> None:
    """Clients add it twice and more, however long it is; the step's own words say why."""
    log, _ = read(lines)
    message = log.failure("cpu").message
    assert "/bin/sh -c" not in message
    assert "E: Unable to locate" in message or "No matching distribution" in message
