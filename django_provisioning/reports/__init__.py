"""Reads for people: the overview, coverage, accounts, connections, leavers, and all of them as files.

Owns what figures mean and how lists become files; it never writes. May import: ``mapping``, ``models``, ``conf``.
Start reading in ``overview.py``.
"""
