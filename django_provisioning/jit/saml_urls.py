"""URLs to include before djangosaml2's: its assertion consumer service with our checks."""

from __future__ import annotations

from django.urls import path

from .saml import AssertionConsumerServiceView

urlpatterns = [path("acs/", AssertionConsumerServiceView.as_view(), name="saml2_acs")]
