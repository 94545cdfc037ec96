"""The edge to the terminal: ``crepre`` and its commands."""

from crepre_hub.cli.app import main

__all__ = ["main"]
