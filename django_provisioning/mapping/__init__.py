"""Translation only: documents to changes and back, filters to ``Q``, sort paths to ordering. Never writes.

Owns as well what follows from a document or a rule without a decision of its own: whose word an attribute is
(``owners``), whom a connection may change (``reach``), where a row differs from what was pushed (``edits``), and what
of a request may be shown (``redaction``). May import: ``models``, ``protocol``, ``conf``, ``exceptions``. Start reading
in ``users.py``.
"""
