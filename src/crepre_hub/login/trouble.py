"""
A login that failed, told twice: a sentence with a code to the person, the reason to the log.

What a provider, or whoever forged an answer of one, writes into an error never reaches a page.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tornado import web
from tornado.httpclient import HTTPClientError

from crepre_hub.codes import new_code
from crepre_hub.decisions import Refused
from crepre_hub.errors import CrepreError
from crepre_hub.login.claims import ASK, Naming
from crepre_hub.login.id_token import NotOurs
from crepre_hub.sentences import say, together

log = logging.getLogger("crepre.login")

LONGEST_REASON = 300

AGAIN = say("Log in once more.")
TELL = say("If it stays so, tell your teacher the code.")
WAIT = say("Wait a minute, then try again.")


class LoginFailed(web.HTTPError):
    """
    What a person is told in the place of an upstream error.

    Attributes:
        heading: Of the page.
        code: Stands on the page and in the log.
    """

    heading = say("You could not be logged in")

    def __init__(self, status: int, refusal: Refused, code: str) -> None:
        super().__init__(status, refusal.reason)
        self.code = code
        self.refusal = refusal
        self.jupyterhub_message = together(
            refusal.message, refusal.remedy, say("(Code %(code)s)", code=code)
        )


def login_failed(
    naming: Naming, refusal: Refused, *, status: int = 403, why: object = ""
) -> LoginFailed:
    """The page for *refusal*; *why* goes to the log only, on one line."""
    code = new_code()
    log.warning(
        "%s: login with %s failed: %s: %.*r",
        code,
        naming.provider,
        refusal.reason,
        LONGEST_REASON,
        str(why)[:LONGEST_REASON],
    )
    return LoginFailed(status, refusal, code)


def too_late(naming: Naming) -> Refused:
    """The answer belongs to no question of this browser."""
    message = say("This login was begun in another window, or took too long.")
    return Refused("login-state", message, AGAIN)


def not_let_in(naming: Naming) -> Refused:
    """The provider, or a rule in ``lab.toml`` about it, said no."""
    message = say("%(provider)s did not let you in, or not into this lab.", provider=naming.label)
    return Refused("not-let-in", message, remedy=ASK)


def silent(naming: Naming) -> Refused:
    """The provider does not answer, or not with sense."""
    message = say("%(provider)s does not answer just now.", provider=naming.label)
    return Refused("provider-silent", message, remedy=WAIT)


def unbelievable(naming: Naming) -> Refused:
    """The proof is forged, old, or for somebody else."""
    message = say("The answer of %(provider)s could not be believed.", provider=naming.label)
    return Refused("not-believed", message, together(AGAIN, TELL))


def odd(naming: Naming) -> Refused:
    """Something that nobody foresaw."""
    message = say("Logging in with %(provider)s did not work.", provider=naming.label)
    return Refused("login-odd", message, together(AGAIN, TELL))


@contextmanager
def in_words(naming: Naming) -> Iterator[None]:
    """
    Translate whatever goes wrong inside.

    Raises:
        LoginFailed: In the place of every error but those that say when to come back.
    """
    try:
        yield
    except LoginFailed:
        raise
    except web.HTTPError as error:
        if getattr(error, "headers", None):  # of ours: come back later
            raise
        raise login_failed(naming, *_by_status(naming, error), why=error) from error
    except (HTTPClientError, OSError) as error:
        raise login_failed(naming, silent(naming), status=503, why=error) from error
    except NotOurs as error:
        raise login_failed(naming, unbelievable(naming), why=error) from error
    except CrepreError as error:
        raise login_failed(naming, silent(naming), status=503, why=error) from error
    except Exception as error:
        log.exception("Login with %s broke", naming.provider)
        raise login_failed(naming, odd(naming), status=500, why=error) from error


def _by_status(naming: Naming, error: web.HTTPError) -> tuple[Refused]:
    """Upstream's errors are told apart by little but their status."""
    about_state = "state" in str(error.log_message) or "code_verifier" in str(error.log_message)
    if error.status_code in (400, 401) and about_state:
        return (too_late(naming),)
    if error.status_code in (400, 401, 403):
        return (not_let_in(naming),)
    return (odd(naming),)
