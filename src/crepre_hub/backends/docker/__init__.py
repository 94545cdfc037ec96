"""Seats as containers of a Docker Engine."""
