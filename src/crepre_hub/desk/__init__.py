"""Use cases: what the lab does for somebody, whatever screen it was asked from."""
