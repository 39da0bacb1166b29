"""Revokers: each file ends one kind of access. A project adds its own through the setting ``REVOKERS``."""
