"""A project's own user that logs in by email."""
