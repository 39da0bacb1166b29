"""URLs to include before djangosaml2's: its assertion consumer and logout services with our checks, and SOAP logout."""

from __future__ import annotations

from django.urls import path

from .saml import AssertionConsumerServiceView
from .saml_logout import LogoutView, SoapLogoutView

urlpatterns = [
    path("acs/", AssertionConsumerServiceView.as_view(), name="saml2_acs"),
    path("ls/", LogoutView.as_view(), name="saml2_ls"),
    path("ls/post/", LogoutView.as_view(), name="saml2_ls_post"),
    path("ls/soap/", SoapLogoutView.as_view(), name="saml2_ls_soap"),
]
