"""
jupyterhub-idle-culler, kept from writing its token down.

While the hub is away it logs the call that failed with all arguments, its API token included.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from jupyterhub_idle_culler import main as cull  # type: ignore[import-untyped]


def hide_in_logs(secret: str) -> None:
    """From now on write stars where a log line of this process would hold *secret*."""
    make = logging.getLogRecordFactory()

    def make_without(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        text = record.getMessage()
        if secret and secret in text:
            record.msg, record.args = text.replace(secret, "********"), ()
        return record

    logging.setLogRecordFactory(make_without)


def main() -> None:
    """Run the culler with the arguments of this process."""
    hide_in_logs(os.environ.get("JUPYTERHUB_API_TOKEN", ""))
    cull()


if __name__ == "__main__":
    main()
