"""
The steps that put a course's own files on top of an image, as a Dockerfile.

Each file is seen by its own step alone, so that a change of one leaves what was made of the files
before it in the cache.
"""

from __future__ import annotations

from pathlib import Path

from crepre_hub.courses.own_files import APT, POST_BUILD, REQUIREMENTS, OwnFiles

TRAP = "trap.sh"

HEAD = """\
ARG BASE
FROM ${BASE}
USER root
"""

APT_STEP = f"""\
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\
    --mount=type=secret,id=ca \\
    --mount=type=bind,source={APT},target=/run/own/{APT} \\
    : {APT}; set -eu; \\
    export DEBIAN_FRONTEND=noninteractive; \\
    rm -f /etc/apt/apt.conf.d/docker-clean; \\
    if [ -s /run/secrets/ca ]; then ca="-o Acquire::https::CAInfo=/run/secrets/ca"; fi; \\
    apt-get ${{ca:-}} update; \\
    sed 's/#.*//' /run/own/{APT} | xargs apt-get ${{ca:-}} install -y --no-install-recommends; \\
    find / -xdev -type f -perm /6000 -exec chmod a-s {{}} +; \\
    rm -rf /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
"""
"""As in the images' own recipes: no program gives its caller more rights."""

PIP_STEP = f"""\
RUN --mount=type=cache,target=/root/.cache/pip \\
    --mount=type=secret,id=ca \\
    --mount=type=bind,source={REQUIREMENTS},target=/run/own/{REQUIREMENTS} \\
    : {REQUIREMENTS}; set -eu; \\
    export HOME=/root PIP_CONFIG_FILE=/dev/null PIP_USER=0; \\
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \\
    grep -o '^[A-Za-z0-9][^\\\\]*' /opt/course/share/crepre/lock.txt > /tmp/held.txt; \\
    python -m pip install --disable-pip-version-check --root-user-action=ignore --compile \\
        --progress-bar off --constraint /tmp/held.txt --requirement /run/own/{REQUIREMENTS}; \\
    rm /tmp/held.txt
"""
"""
The image's own packages stay as the lock says.

Their hashes are left out: with one hash anywhere, pip wants one for whatever it installs.
"""

POST_BUILD_STEP = f"""\
RUN install -d -o 1000 -g 1000 /srv/course
ENV COURSE_FILES=/srv/course
USER 1000
WORKDIR /home/student
RUN --mount=type=secret,id=ca,uid=1000 \\
    --mount=type=bind,source={POST_BUILD},target=/run/own/{POST_BUILD} \\
    --mount=type=bind,source={TRAP},target=/run/own/{TRAP} \\
    : {POST_BUILD}; set -eu; \\
    if [ -s /run/secrets/ca ]; then \\
        export SSL_CERT_FILE=/run/secrets/ca PIP_CERT=/run/secrets/ca; \\
        export REQUESTS_CA_BUNDLE=/run/secrets/ca CURL_CA_BUNDLE=/run/secrets/ca; \\
        export GIT_SSL_CAINFO=/run/secrets/ca NODE_EXTRA_CA_CERTS=/run/secrets/ca; \\
    fi; \\
    BASH_ENV=/run/own/{TRAP} /run/own/{POST_BUILD}
"""

FOOT = """\
USER 1000
WORKDIR /home/student
"""

TRAP_TEXT = """\
unset BASH_ENV
set -E
trap 'echo "crepre: ${BASH_SOURCE[0]##*/} line $LINENO: $BASH_COMMAND" >&2' ERR
"""
"""Bash reads it before a script of its own; programs that this one calls do not."""


def render_dockerfile(files: OwnFiles) -> str:
    """The steps for the files that are there."""
    steps = {APT: APT_STEP, REQUIREMENTS: PIP_STEP, POST_BUILD: POST_BUILD_STEP}
    return "\n".join([HEAD, *(steps[name] for name in steps if name in files.texts), FOOT])


def write_context(folder: Path, files: OwnFiles) -> Path:
    """
    Write what the build sees into *folder*.

    Returns:
        The Dockerfile, which it does not see.
    """
    for name, text in files.texts.items():
        (folder / name).write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")
    (folder / TRAP).write_text(TRAP_TEXT)
    if POST_BUILD in files.texts:
        (folder / POST_BUILD).chmod(0o755)
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(render_dockerfile(files))
    return dockerfile
