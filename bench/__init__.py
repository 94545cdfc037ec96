"""
From click to ready, against stock JupyterHub: ``python -m bench``.

What is measured, and how to read it, is in ``docs/performance.md``.
"""
