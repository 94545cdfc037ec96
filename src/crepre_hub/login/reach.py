"""Asks a provider for a document, as the doctor does; the hub itself has its own client."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field

PATIENCE_SECONDS = 8
LONGEST_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Document:
    """
    What came back.

    Attributes:
        content: Empty where it was no JSON table; *problem* says why.
    """

    url: str
    content: Mapping[str, object] = field(default_factory=dict)
    problem: str = ""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """Follow nothing, as the hub does not."""


def read_document(url: str) -> Document:
    """The JSON table at *url*; never raises for a silent or broken provider."""
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=PATIENCE_SECONDS) as answer:
            content = json.loads(answer.read(LONGEST_BYTES))
    except urllib.error.HTTPError as error:
        return Document(url, problem=f"status {error.code}")
    except urllib.error.URLError as error:
        return Document(url, problem=str(error.reason))
    except (OSError, ValueError) as error:
        return Document(url, problem=str(error))
    is_table = isinstance(content, Mapping)
    return Document(url, content) if is_table else Document(url, problem="it is no JSON table")
