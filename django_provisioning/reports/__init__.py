"""Reads for people: the overview, coverage, accounts, connections, leavers, and all of them as files.

Owns what figures mean, how lists become files (``lists``, ``export``), and the sentences about a connection
(``policies_in_words``) and an account (``standing``, ``deciders``); it never writes. May import: ``mapping``,
``models``, ``conf``. Start reading in ``overview.py``.
"""
