"""Whole labs for tests: a real hub, a real proxy, real servers, and people who use them."""
