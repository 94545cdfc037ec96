"""The hub's log of requests, without what whoever reads it could use."""

from __future__ import annotations

import logging
import re

from tornado.log import access_log

_SLASH = r"(?:/|%(?:25)*2F)"
_JOIN_CODE = re.compile(rf"({_SLASH}join{_SLASH})[^\s?&]+", re.IGNORECASE)


class WithoutJoinCodes(logging.Filter):
    """
    Takes join codes out of addresses, also where one is on its way through the login.

    JupyterHub does so with its own secrets, which are never a part of a path.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, changed."""
        record.msg, record.args = _JOIN_CODE.sub(r"\1[secret]", record.getMessage()), None
        return True


_filter = WithoutJoinCodes()


def hide_join_codes() -> None:
    """From now on; may be repeated."""
    access_log.addFilter(_filter)
