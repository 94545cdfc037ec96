"""One file for each way in; its name is the word in ``lab.toml``."""
