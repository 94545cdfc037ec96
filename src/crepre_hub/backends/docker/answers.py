"""What the Docker Engine's errors mean to us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from docker.errors import APIError, DockerException
from requests.exceptions import RequestException

from crepre_hub.errors import BackendError, DockerUnreachable


@contextmanager
def errors_as_ours(doing: str) -> Iterator[None]:
    """
    Translate the Docker client's errors.

    Args:
        doing: What was tried, to follow "while", such as ``making the seat network``.

    Raises:
        BackendError: If the Engine refused; its own words are in the message.
        DockerUnreachable: If it did not answer.
    """
    try:
        yield
    except APIError as error:
        raise BackendError(f"Docker refused while {doing}: {error.explanation}") from error
    except (DockerException, RequestException) as error:
        raise DockerUnreachable(
            f"Docker did not answer while {doing}.", remedy="See whether `docker info` answers."
        ) from error
