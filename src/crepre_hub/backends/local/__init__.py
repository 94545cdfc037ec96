"""Servers as processes of this machine: for trying out, without any isolation."""
