"""
The checks that an image makes of itself: does it hold what it promises?

Meant to run inside the image as its ordinary user, without network, with a read-only root and
without capabilities; each image's ``verify`` names its own checks and hands them to ``main``.
Nothing here is loaded by a student's server.
"""

from crepre_seat.verify.report import Check, NotCheckedHere, ensure, main

__all__ = ["Check", "NotCheckedHere", "ensure", "main"]
