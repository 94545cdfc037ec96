"""
jupyterhub-idle-culler, kept from writing its token down.

While the hub is away, as at each start of a lab, it logs the call that failed with all arguments,
its API token included, and a stack trace. Here it is one line.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from jupyterhub_idle_culler import main as cull  # type: ignore[import-untyped]

HUB_AWAY = "The hub does not answer (%s); the next look is in a while."


def tidy_logs(secret: str) -> None:
    """From now on this process logs *secret* as stars, and an absent hub in one line."""
    make = logging.getLogRecordFactory()

    def make_without(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        if record.exc_info and isinstance(record.exc_info[1], OSError):
            record.msg, record.args = HUB_AWAY, (record.exc_info[1],)
            record.exc_info = None
        text = record.getMessage()
        if secret and secret in text:
            record.msg, record.args = text.replace(secret, "********"), ()
        return record

    logging.setLogRecordFactory(make_without)


def main() -> None:
    """Run the culler with the arguments of this process."""
    tidy_logs(os.environ.get("JUPYTERHUB_API_TOKEN", ""))
    cull()


if __name__ == "__main__":
    main()
