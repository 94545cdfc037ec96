"""The hub in this process, with stand-in servers."""
