"""What the admin wrote: ``lab.toml`` and one file for each course."""
