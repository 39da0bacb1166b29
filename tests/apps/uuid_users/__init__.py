"""A project's own user with a UUID as primary key."""
