"""Local accounts: names, passwords, one-time links, and the way in through JupyterHub."""
