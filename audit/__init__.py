"""
Known vulnerabilities in what the locks name: ``python -m audit``.

How to read it, and what to do about a finding, is in ``docs/vulnerabilities.md``.
"""
