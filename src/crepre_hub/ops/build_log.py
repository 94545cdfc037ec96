"""What ``docker build --progress=plain`` says, read line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from crepre_hub.errors import CommandFailed, CrepreError, DockerUnreachable
from crepre_hub.ops.program import last_lines

STEP = re.compile(r"^#\d+ \[(?:[\w.-]+ +)?(\d+)/(\d+)\] (.+)$")
NOISE = re.compile(r"^#\d+ (?:sha256:\w+|DONE [\d.]+s|CACHED)$|^-{3,}$|^$")
SUMMARY = re.compile(
    r"""^(?:
        (?:\#\d+\ )?(?:ERROR:\ )?(?:failed\ to\ solve:\ )?
            (?:executor\ failed\ running|process\ ")   # the instruction again
        | \ >\ \[                                          # the step again
        | \#\d+\ (?:\[internal\]|transferring\ )          # what comes before the first step
        | \S*Dockerfile:\d+$ | \ *\d+\ \|                 # the Dockerfile around it
    )""",
    re.VERBOSE,
)
"""What the client adds to a failed step's own words, and may be longer than all of them."""

KEPT_LINES = 200
"""Of these a failure's reason is read; a message holds fewer."""

TIME_STAMP = re.compile(r"^#\d+ (?:\d+\.\d+ )?")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a longer work: the *number*-th of *of*, counted from 1."""

    number: int
    of: int
    title: str


@dataclass(slots=True)
class BuildLog:
    """The steps seen so far, and the lines that a message about a failure needs."""

    step: Step | None = None
    _lines: list[str] = field(default_factory=list)

    def feed(self, line: str) -> Step | None:
        """Take in one line; returns the step if one begins with it."""
        found = STEP.match(line)
        if found:
            self.step = Step(int(found[1]), int(found[2]), step_title(found[3]))
            return self.step
        if not NOISE.match(line) and not SUMMARY.match(line):
            self._lines = [*self._lines, TIME_STAMP.sub("", line)][-KEPT_LINES:]
        return None

    @property
    def said(self) -> list[str]:
        """The last lines of what was said."""
        return list(self._lines)

    def failure(self, image: str) -> CrepreError:
        """What to say if the build ended with an error here."""
        said = last_lines(self._lines)
        for pattern, kind, remedy in REMEDIES:  # noqa: B007  (used after the loop)
            if re.search(pattern, "\n".join(self._lines), re.IGNORECASE):
                break
        else:
            kind, remedy = CommandFailed, DEFAULT_REMEDY.format(image=image)
        where = "before its first step"
        if self.step:
            where = f"in step {self.step.number} of {self.step.of} ({self.step.title})"
        return kind(f"Building the image {image} failed {where}:\n{said}\n", remedy=remedy)


def step_title(instruction: str) -> str:
    """
    What a step does, in few words.

    A ``RUN`` that begins with ``: words;`` is titled by these words, so that a Dockerfile can
    say it itself; other instructions are cut to a line's length.
    """
    words = re.sub(r"--\S+\s+", "", instruction).strip()
    titled = re.match(r"RUN : ([^;]+);", words)
    text = titled[1] if titled else re.sub(r"\s+", " ", words)
    return text if len(text) <= 60 else text[:59] + "…"


DEFAULT_REMEDY = (
    "Mend images/{image}/Dockerfile or its lock, then run `crepre image build {image}` again."
)

REMEDIES: list[tuple[str, type[CrepreError], str]] = [
    (
        r"cannot connect to the docker daemon|error during connect",
        DockerUnreachable,
        "Start the Docker Engine, such as with `systemctl start docker`, and try again.",
    ),
    (
        r"permission denied.*docker.*sock",
        DockerUnreachable,
        "Let this account use Docker: `usermod -aG docker $USER`, then log in again.",
    ),
    (
        r"no space left on device",
        CommandFailed,
        "Make room: `docker system df` shows what is used, `docker builder prune` frees caches.",
    ),
    (
        r"certificate.verify.failed|signed by unknown authority|certificate verification failed",
        CommandFailed,
        "Behind a proxy that opens TLS, name its CA bundle: `SSL_CERT_FILE=/path/to/bundle.pem`.",
    ),
    (
        r"do not match the hashes",
        CommandFailed,
        "A package differs from its lock; try again, and if it stays so do not use it.",
    ),
    (
        r"failed to do request|pull access denied|manifest unknown|failed to resolve source",
        CommandFailed,
        "The base image cannot be had; name another with CREPRE_BASE_IMAGE, or `docker load` it.",
    ),
    (
        r"could not resolve|temporary failure|no such host|timed out|unreachable|refused",
        CommandFailed,
        "The network was not reached; behind a proxy set HTTP_PROXY and HTTPS_PROXY.",
    ),
]
"""What can be read in a failed build, what it is, and what to do; the first match counts."""
