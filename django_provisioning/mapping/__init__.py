"""Translation only: documents to changes and back, filters to ``Q``, sort paths to ordering. Never writes.

May import: ``models``, ``protocol``, ``conf``, ``exceptions``. Start reading in ``users.py``.
"""
