"""The project's own page of users in the admin."""

from __future__ import annotations

from django.apps import apps
from django.contrib.auth import get_user_model

from .problems import Problems


def own_user_page_shows_provisioning() -> Problems:
    """W009: the page of the user model says where an account came from and keeps what a connection owns read-only.

    The page is known by the mixin's column, and not by its class: to import that would register pages on sites of
    projects that register by hand. Without the admin, or without a page for users, there is nothing to say.
    """
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.sites import all_sites  # noqa: PLC0415 - only where the admin is installed

    user = get_user_model()
    for site in sorted(all_sites, key=lambda one: one.name):
        if not site.is_registered(user):
            continue
        page = site.get_model_admin(user)
        if not hasattr(page, "provisioning_source"):
            yield (
                f"{type(page).__name__} of the admin site {site.name!r} lets people edit what a directory owns.",
                "Put django_provisioning.admin.user_admin.ProvisioningUserAdminMixin before its base classes.",
            )
