"""The hub's log of requests, without what whoever reads it could use."""

from __future__ import annotations

import logging
import re

from tornado.log import access_log, app_log, gen_log

_SLASH = r"(?:/|%(?:25)*2F)"
_JOIN_CODE = re.compile(rf"({_SLASH}join{_SLASH})[^\s?&]+", re.IGNORECASE)
_IN_QUERY = re.compile(r"([?&](?:code|state|token)=)[^\s&']+")


class WithoutJoinCodes(logging.Filter):
    """
    Takes join codes out of addresses, also where one is on its way through the login.

    JupyterHub does so with what stands in queries, such as one-time links, but not where tornado
    writes what was refused or broke.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, changed."""
        text = _JOIN_CODE.sub(r"\1[secret]", record.getMessage())
        record.msg, record.args = _IN_QUERY.sub(r"\1[secret]", text), None
        return True


_filter = WithoutJoinCodes()


def hide_join_codes() -> None:
    """From now on, also where a request was refused or broke; may be repeated."""
    for log in (access_log, gen_log, app_log):
        log.addFilter(_filter)
