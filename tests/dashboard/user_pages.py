"""The project's own page of a user, filled in and sent as a browser would."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse

from tests.admin.pages import Browser


def user_url(page: str, *args: Any, site: str = "admin") -> str:
    """Give the URL of a page of the user model in the admin."""
    opts: Any = get_user_model()._meta
    return reverse(f"{site}:{opts.app_label}_{opts.model_name}_{page}", args=args)


def open_page(browser: Browser, user: Any) -> Any:
    """Open the page of a user."""
    return browser.client.get(user_url("change", user.pk))


def form_of(browser: Browser, user: Any) -> Any:
    """Give the form that the page of a user shows."""
    return open_page(browser, user).context["adminform"].form


def answers(form: Any) -> dict[str, Any]:
    """Give what a browser would send that changes nothing."""
    sent: dict[str, Any] = {}
    for name in form.fields:
        value = form[name].value()
        if isinstance(value, datetime):
            sent |= {f"{name}_0": value.date().isoformat(), f"{name}_1": value.time().isoformat("seconds")}
        elif isinstance(value, list | tuple):
            sent[name] = [getattr(one, "pk", one) for one in value]
        elif value is not None and value is not False:
            sent[name] = "on" if value is True else value
    return sent


def send(browser: Browser, user: Any, **changed: Any) -> Any:
    """Open the page of a user, change these answers (None: leave out) and send it."""
    sent = answers(form_of(browser, user)) | changed
    sent = {name: value for name, value in sent.items() if value is not None}
    return browser.client.post(user_url("change", user.pk), sent)


def errors_of(response: Any) -> str:
    """Give the errors of a form that came back."""
    assert response.status_code == 200, "the form was accepted"
    return str(response.context["adminform"].form.errors)
