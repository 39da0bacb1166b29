"""The login door: what SSO libraries verified becomes ``LoginClaims``, and one ``sign_in`` decides.

``login`` knows no SSO library; each library has one file (``saml``, ``oidc``, ``allauth``, ``social``). None of them
writes a user: ``lifecycle`` does. Start reading in ``login.py``.
"""
