"""A project that comes from django-scim2; see ``models``."""
