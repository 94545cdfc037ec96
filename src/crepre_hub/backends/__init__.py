"""Places that run servers; one folder or module each."""
