"""
What is raised on purpose.

::

    CrepreError
    ├── SettingsError       lab.toml or a course file cannot be used
    ├── NotAllowed          a rule refused what somebody asked for
    ├── AccountError        an account is missing, taken or closed
    ├── CourseError         there is no such course, member or link
    ├── Busy                too much is under way; the same wish may be granted in a moment
    ├── StoreUnreachable    the lab's database does not answer
    ├── BackendError        a place that runs servers could not do it
    │   ├── DockerUnreachable
    │   ├── ImageMissing
    │   ├── DiskFull
    │   ├── GpuNotGiven
    │   ├── HomeMissing
    │   └── StartFailed
    │       ├── StartTimedOut
    │       ├── OutOfMemory
    │       └── HomeFull
    ├── TrialFailed         an image did not do what a student's server must
    └── CommandFailed       a program we called ended with an error
"""

from __future__ import annotations

from crepre_hub.sentences import Sentence, together


class CrepreError(Exception):
    """
    Base of everything raised on purpose.

    Attributes:
        message: One sentence for the person at the screen.
        remedy: The next thing to click or type; may be empty.
        reason: Label for logs and metrics, from a closed set: each class has one.
    """

    reason = "other"

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return str(self.whole)

    @property
    def whole(self) -> Sentence:
        """Message and remedy."""
        return together(self.message, self.remedy)


class SettingsError(CrepreError):
    """One line for each thing that is wrong in ``lab.toml`` and the course files."""

    reason = "settings"


class NotAllowed(CrepreError):
    """A rule refused what somebody asked for; the message says which."""

    reason = "not-allowed"


class AccountError(CrepreError):
    """An account is missing, taken or closed."""

    reason = "account"


class CourseError(CrepreError):
    """There is no such course, member or link."""

    reason = "course"


class Busy(CrepreError):
    """Too much is under way; the same wish may be granted in a moment."""

    reason = "busy"


class StoreUnreachable(CrepreError):
    """The lab's database does not answer, or refuses to be written."""

    reason = "store-unreachable"


class BackendError(CrepreError):
    """A place that runs servers could not do what it was asked."""

    reason = "backend"


class DockerUnreachable(BackendError):
    """The Docker Engine does not answer."""

    reason = "docker-unreachable"


class DockerClosed(DockerUnreachable):
    """The Docker Engine may be used, and not by this account."""


class ImageMissing(BackendError):
    """The image of a profile is not on this machine."""

    reason = "image-missing"


class StartFailed(BackendError):
    """A server ended, or stayed silent, before it answered."""

    reason = "start-failed"


class StartTimedOut(StartFailed):
    """A server ran, but did not answer in the time it has."""

    reason = "start-timed-out"


class OutOfMemory(StartFailed):
    """A server was killed for memory before it answered."""

    reason = "out-of-memory"


class HomeFull(StartFailed):
    """The home has no room for what a start writes."""

    reason = "home-full"


class HomeMissing(BackendError):
    """Somebody has no home: no server of theirs has ever started, or it was removed."""

    reason = "home-missing"


class DiskFull(BackendError):
    """The disk that holds containers has no room for one more."""

    reason = "disk-full"


class GpuNotGiven(BackendError):
    """A server could not be given its GPU, or not be kept to its share of it."""

    reason = "gpu-not-given"


class TrialFailed(CrepreError):
    """An image did not do what a student's server must; students keep the one before."""

    reason = "trial-failed"


class LabOfAnother(CrepreError):
    """Whoever typed the command may not change this lab's files."""

    reason = "lab-of-another"


class CommandFailed(CrepreError):
    """A program we called ended with an error; the message holds its last words."""

    reason = "command-failed"
