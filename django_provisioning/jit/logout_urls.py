"""URLs that an identity provider calls, server to server, when somebody's access or session is over."""

from __future__ import annotations

from django.urls import path

from .back_channel import back_channel_logout
from .global_revocation import global_token_revocation

urlpatterns = [
    path("backchannel-logout/", back_channel_logout, name="provisioning_backchannel_logout"),
    path("global-token-revocation/", global_token_revocation, name="provisioning_global_token_revocation"),
    path("global-token-revocation/<slug:slug>/", global_token_revocation),
]
