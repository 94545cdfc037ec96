"""The ways in that ``lab.toml`` names."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from crepre_hub.errors import SettingsError
from crepre_hub.login.way import Plan, Way, kind_named
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.secrets import secret_of

log = logging.getLogger("crepre.login")

ACCOUNTS = "accounts"


def ways_of(lab: Lab, *, root: Path, environ: Mapping[str, str]) -> tuple[Way, ...]:
    """Each way in but ``accounts``, in the order of the settings; connects to nothing."""
    return tuple(
        kind_named(word).way(plan_of(word, lab, root=root, environ=environ))
        for word in lab.login.kind
        if word != ACCOUNTS
    )


def plan_of(word: str, lab: Lab, *, root: Path, environ: Mapping[str, str]) -> Plan:
    """What the kind *word* is given."""
    return Plan(word, lab, root, partial(_secret_or_none, word, lab, root, environ))


def _secret_or_none(word: str, lab: Lab, root: Path, environ: Mapping[str, str]) -> str:
    """
    The secret; empty where it has gone since the lab was started.

    Nobody gets in by this way then, and whoever is in stays: ``crepre up`` and ``crepre check``
    refuse such a lab, but a hub that restarts by itself must not be kept down by it.
    """
    try:
        return secret_of(word, lab.login, root=root, environ=environ).reveal()
    except SettingsError as error:
        log.error("Nobody can log in by %s: %s", word, error)
        return ""
