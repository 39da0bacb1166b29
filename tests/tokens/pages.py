"""Pages that say who asks, each behind one authentication class."""

from __future__ import annotations

from typing import Any

from knox.auth import TokenAuthentication as KnoxAuthentication
from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication, JWTStatelessUserAuthentication

from django_provisioning.guard import simplejwt

_CLASSES: dict[str, Any] = {
    "drf": TokenAuthentication,
    "knox": KnoxAuthentication,
    "jwt-stock": JWTAuthentication,
    "jwt-stock-stateless": JWTStatelessUserAuthentication,
    "jwt": simplejwt.GuardedJWTAuthentication,
    "jwt-stateless": simplejwt.GuardedJWTStatelessUserAuthentication,
    "oauth": OAuth2Authentication,
}


class WhoAmI(APIView):
    """Says whose the token is."""

    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        """Answer the primary key."""
        return Response({"pk": str(request.user.pk)})


VIEWS = {name: WhoAmI.as_view(authentication_classes=[class_]) for name, class_ in _CLASSES.items()}
