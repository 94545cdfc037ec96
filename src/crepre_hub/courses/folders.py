"""
A course's two folders, beside everybody's home.

``data`` is written by staff and read by all, ``shared`` is written by all. A student finds both at
the same path on every backend, below ``~/courses/<id>``: the backend puts them where it can, and
tells the server where; ``images/seat`` makes the link.
"""

from __future__ import annotations

DATA = "data"
SHARED = "shared"
FOLDERS = (DATA, SHARED)

VARIABLE = "CREPRE_COURSE_FOLDER"
"""Tells a server where both folders of its course are."""
