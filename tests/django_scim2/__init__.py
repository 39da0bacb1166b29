"""Projects on django-scim2 and django-scim2-server move over to this package."""
