"""Places that run servers: each is one file or folder, named like its word in ``lab.toml``."""
