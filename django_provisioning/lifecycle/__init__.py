"""The only code that writes users, links, memberships, tokens and events.

One verb per file: ``join``, ``move``, ``leave``, ``rejoin``, ``link``; ``correlation`` decides which of them an
incoming identity means; ``memberships`` changes groups by deltas; ``revocation`` ends access through ``revokers``;
``audit`` writes the event in the same transaction. May import: ``mapping``, ``models``, ``protocol``, ``conf``,
``exceptions``, ``signals``. Start reading in ``join.py`` and ``leave.py``.
"""
