"""The edge to JupyterHub: its configuration, spawners, handlers and templates."""
