"""
Servers that go on answering while the hub is away.

JupyterHub's single-user servers remember for 300 s who may come in and then ask the hub again.
When the hub cannot be asked, each request ends as an error 500, though the notebook, its kernel
and its owner are all well. Here a server goes on with the answers it had until the hub is back.

Source: ``jupyterhub/services/auth.py``, ``HubAuth._check_hub_authorization``.
"""

from __future__ import annotations

import functools
import logging
import ssl
import time
from collections.abc import Callable, Hashable
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from jupyterhub.services.auth import _ExpiringDict
from jupyterhub.utils import make_ssl_context

log = logging.getLogger("crepre_seat")

PROBE_TIMEOUT_SECONDS = 1.0
"""A probe holds up the server's event loop, so a hub that says nothing counts as away soon."""

PROBE_EVERY_SECONDS = 10.0
"""How long "the hub is away" is believed before it is looked at again."""

LONGEST_OUTAGE_SECONDS = 24 * 3600.0
"""Answers older than this are forgotten, hub or no hub."""

Clock = Callable[[], float]
Probe = Callable[[], bool]


class PatientCache(_ExpiringDict):  # type: ignore[misc]  # JupyterHub has no type hints
    """
    Who may come in, as the hub said; old answers serve only while the hub is away.

    True at every moment:

    - an answer younger than *max_age* is given without asking anybody;
    - an older one is given only if the hub was found away in the last ``PROBE_EVERY_SECONDS``;
    - an answer older than ``LONGEST_OUTAGE_SECONDS`` is never given.
    """

    def __init__(self, max_age: float, *, hub_answers: Probe, clock: Clock = time.monotonic):
        super().__init__(max_age)
        self._hub_answers = hub_answers
        self._clock = clock
        self._away_until = float("-inf")
        self._last_purge = clock()

    def __setitem__(self, key: Hashable, value: Any) -> None:
        """Remember what the hub said just now."""
        self._maybe_purge()
        self.timestamps[key] = self._clock()
        self.values[key] = value
        self._away_until = float("-inf")

    def __contains__(self, key: object) -> bool:
        """Whether there is an answer that may be given now."""
        if key not in self.values:
            return False
        age = self._clock() - self.timestamps[key]
        if self.max_age <= 0 or age <= self.max_age:
            return True
        return age <= LONGEST_OUTAGE_SECONDS and self._hub_is_away()

    def __getitem__(self, key: Hashable) -> Any:
        """
        The answer for *key*.

        Raises:
            KeyError: If the hub must be asked. The old answer stays in mind, for the case that
                the hub goes away before it answers.
        """
        if key not in self:
            raise KeyError(key)
        return self.values[key]

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self._last_purge = self._clock()

    def purge_expired(self) -> None:
        """Forget what is too old even for an outage."""
        self._last_purge = self._clock()
        oldest = self._last_purge - LONGEST_OUTAGE_SECONDS
        for key in [key for key, said in self.timestamps.items() if said < oldest]:
            del self[key]

    def _maybe_purge(self) -> None:
        if self._clock() - self._last_purge > self.purge_interval > 0:
            self.purge_expired()

    def _hub_is_away(self) -> bool:
        """Look, but only every ``PROBE_EVERY_SECONDS`` while it is away."""
        if self._clock() < self._away_until:
            return True
        if self._hub_answers():
            return False
        self._away_until = self._clock() + PROBE_EVERY_SECONDS
        log.warning("The hub does not answer; going on with what it said before.")
        return True


def probe(api_url: str, *, context: ssl.SSLContext | None = None) -> Probe:
    """
    A function that tells whether the hub's API answers at *api_url*.

    Any answer below 500 counts: the API's root tells its version to everybody. Proxies from the
    environment are not used, since the hub is asked without them too.
    """
    request = Request(api_url.rstrip("/") + "/")

    @functools.cache
    def opener() -> OpenerDirector:
        """Made for the first question only: it reads every certificate of the system."""
        return build_opener(ProxyHandler({}), HTTPSHandler(context=context))

    def hub_answers() -> bool:
        try:
            with opener().open(request, timeout=PROBE_TIMEOUT_SECONDS):
                return True
        except HTTPError as answer:
            return answer.code < 500
        except (OSError, HTTPException):
            return False

    return hub_answers


def outlive_outages(hub_auth: Any) -> None:
    """Give *hub_auth*, the server's ``HubOAuth``, a patient cache; may be repeated."""
    if isinstance(hub_auth.cache, PatientCache):
        return
    context = None
    if hub_auth.certfile or hub_auth.keyfile:
        context = make_ssl_context(hub_auth.keyfile, hub_auth.certfile, cafile=hub_auth.client_ca)
    hub_auth.cache = PatientCache(
        hub_auth.cache_max_age, hub_answers=probe(hub_auth.api_url, context=context)
    )
