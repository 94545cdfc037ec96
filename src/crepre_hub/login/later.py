"""Turns "not now" into an answer that tells people and programs when to come back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tornado import web

from crepre_hub.errors import Busy, StoreUnreachable

BUSY_RETRY_S = 5
STORE_RETRY_S = 60

log = logging.getLogger(__name__)


def later(status: int, seconds: int, message: str) -> web.HTTPError:
    """An error page with ``Retry-After``."""
    error = web.HTTPError(status, message)
    error.headers = {"Retry-After": str(seconds)}  # type: ignore[attr-defined]  # JupyterHub's way
    return error


@contextmanager
def come_back_later() -> Iterator[None]:
    """
    Translate what can only be waited for.

    Raises:
        web.HTTPError: 503 in the place of ``Busy`` and ``StoreUnreachable``.
    """
    try:
        yield
    except Busy as busy:
        raise later(503, BUSY_RETRY_S, busy.whole) from busy
    except StoreUnreachable as trouble:
        log.error("The lab's database does not answer: %s", trouble.__cause__)
        raise later(503, STORE_RETRY_S, trouble.whole) from trouble
