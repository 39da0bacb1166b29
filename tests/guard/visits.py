"""Browsers that log in as an SSO library would, and thieves who keep the cookie."""

from __future__ import annotations

from typing import Any

from django.test import Client

GUARD = "django_provisioning.guard.GuardMiddleware"
BACKENDS = {
    "ModelBackend": "django.contrib.auth.backends.ModelBackend",
    "AllowAllUsersModelBackend": "django.contrib.auth.backends.AllowAllUsersModelBackend",
    "stock mozilla-django-oidc": "mozilla_django_oidc.auth.OIDCAuthenticationBackend",
    "our mozilla-django-oidc": "django_provisioning.jit.oidc.OIDCProvisioningBackend",
}


def enter(user: Any, **how: Any) -> Client:
    """Give a browser with an open session; ``how`` is the query of ``urls.enter``."""
    browser = Client()
    assert browser.get(f"/enter/{user.pk}/", how).status_code == 200
    return browser


def is_let_in(browser: Client, path: str = "/me/") -> bool:
    """Whether a page opens; the cookie stays as it was, whatever the answer tells the browser to forget."""
    cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
    status = browser.get(path).status_code
    for name, value in cookies.items():
        browser.cookies[name] = value
    return bool(status == 200)
