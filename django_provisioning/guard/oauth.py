"""django-oauth-toolkit: its validator, guarded.

A leave deletes the tokens of a person. The library itself never looks at ``is_active``, so a request that was under
way at that moment could still be given a new one: with this validator neither that token, nor any refresh token or
grant, is worth anything once the person has left::

    OAUTH2_PROVIDER = {"OAUTH2_VALIDATOR_CLASS": "django_provisioning.guard.oauth.GuardedOAuth2Validator"}
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from rest_framework.exceptions import AuthenticationFailed

from ..lifecycle import session_use
from .rest_framework import GuardedAuthenticationMixin


class GuardedOAuth2Validator(OAuth2Validator):  # type: ignore[misc]
    """Accepts only what an active person was given after the last leave [1 query more each]."""

    def validate_bearer_token(self, token: Any, scopes: Any, request: Any) -> bool:
        """Judge an access token that the library accepts, wherever it is presented, and note its use."""
        if not super().validate_bearer_token(token, scopes, request):
            return False
        is_admitted = _may_go_on(request.user, request.access_token.created)
        if is_admitted and request.user is not None:
            session_use.note_credential(request.user, timezone.now())
        return is_admitted

    def validate_code(
        self, client_id: Any, code: Any, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Judge who is behind a grant before it is exchanged."""
        return super().validate_code(client_id, code, client, request, *args, **kwargs) and _may_go_on(
            request.user, None
        )

    def validate_refresh_token(
        self, refresh_token: Any, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Judge a refresh token before it makes new tokens."""
        return super().validate_refresh_token(refresh_token, client, request, *args, **kwargs) and _may_go_on(
            request.user, request.refresh_token_instance.created
        )


def _may_go_on(user: Any, issued_at: datetime | None) -> bool:
    """Whether the person may still come in; an application that acts for nobody may."""
    if user is None:
        return True
    try:
        GuardedAuthenticationMixin().require_access(user, issued_at)
    except AuthenticationFailed:
        return False
    return True
