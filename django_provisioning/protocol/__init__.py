"""RFC 7643, 7644 and 9865 in standard-library Python.

Owns what the standards say: schemas, the filter grammar, PATCH, validation, projection, messages,
ETags, Bulk plans and errors. It knows no Django, no HTTP object, no clock and no database: bytes and
plain dicts ("documents") come in, plain dicts, frozen dataclasses and ``ScimError`` go out.

May import: nothing of this package. Start reading in ``schema.py``, then ``filters.py`` and ``patch.py``.
"""
