"""For the tests of projects: contracts that their own extensions have to keep.

Imports the whole package and is imported by none of it. Start reading in ``revokers.py``.
"""
