"""
What the real tests need from the machine: programs, a Docker Engine, a base image.

``python -m tests.machine`` installs what is missing, and says what it does.
"""
