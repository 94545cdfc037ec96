"""
A start that failed, told three times: to the student, to the admin's log, to the metrics.

JupyterHub 6 shows ``SpawnException`` to students with its log message in it, on the pending page,
in progress events and on the form. The attributes that it reads there are set here as well, so
that no text of the log leaks. Source: ``jupyterhub.utils.format_exception``.
"""

from __future__ import annotations

import logging
from html import escape

from jupyterhub.spawner import SpawnException

from crepre_hub.codes import new_code
from crepre_hub.decisions import Refused
from crepre_hub.errors import CrepreError
from crepre_hub.languages.reading import told
from crepre_hub.sentences import say, together

log = logging.getLogger("crepre.start")

ADVICE = {
    "image-missing": say(
        "The software of this profile is not on the lab's machine yet. Choose another profile, if"
        " there is one."
    ),
    "docker-unreachable": say(
        "The lab's machine is not answering just now. Wait a minute, then start again; what you"
        " have saved is safe."
    ),
    "store-unreachable": say(
        "The lab cannot look up your courses just now. Wait a minute, then start again; what you"
        " have saved is safe."
    ),
    "out-of-memory": say(
        "Your server needed more memory than its profile has. Choose a larger profile, if there is"
        " one."
    ),
    "start-timed-out": say(
        "Your server took too long to start. Start it again; the machine may be busy."
    ),
    "home-full": say(
        "Your home is full, so your server could not start. Ask your teacher to make room."
    ),
    "gpu-not-given": say(
        "Your server could not get its GPU. You can work at once on a profile without one; what you"
        " have saved is safe."
    ),
    "disk-full": say(
        "The lab's machine has no room left on its disk. What you have saved is safe."
    ),
}
"""What a student reads, by reason; everything else reads ``OTHERWISE``."""

OTHERWISE = say("Your server could not be started. Start it again.")


class StartRefused(SpawnException):  # type: ignore[misc]  # JupyterHub has no types
    """
    What a failed start raises.

    JupyterHub asks it for its message when somebody looks: so each reads it in their language.

    Attributes:
        sentence: What is told.
        code: Stands on the student's page and in the log.
    """

    def __init__(self, message: str, *, reason: str, code: str, status_code: int) -> None:
        super().__init__(message, reason=reason, log_message=message, status_code=status_code)
        self.code = code
        self.sentence = message

    @property
    def jupyterhub_message(self) -> str:
        """For whoever looks at this moment."""
        return told(self.sentence)

    @property
    def jupyterhub_html_message(self) -> str:
        """The same, where markup is expected."""
        return escape(self.jupyterhub_message)

    def __str__(self) -> str:
        return str(self.sentence)


def refused(refusal: Refused, *, who: str) -> StartRefused:
    """A rule said no to *who*."""
    code = new_code()
    log.warning("%s: start of %s refused: %s", code, who, refusal.reason)
    message = together(refusal.message, refusal.remedy, say("(Code %(code)s)", code=code))
    return StartRefused(message, reason=refusal.reason, code=code, status_code=403)


def failed(error: Exception, *, who: str) -> StartRefused:
    """Something went wrong for *who*; the details stay in the log."""
    code = new_code()
    known = isinstance(error, CrepreError)
    reason = error.reason if isinstance(error, CrepreError) else "other"
    log.error("%s: start of %s failed: %s: %s", code, who, reason, error, exc_info=not known)
    code_to_tell = say("If it stays so, tell your teacher the code %(code)s.", code=code)
    message = together(ADVICE.get(reason, OTHERWISE), code_to_tell)
    return StartRefused(message, reason=reason, code=code, status_code=503)
