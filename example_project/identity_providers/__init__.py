"""Local identity providers for the demo and the suite: real signed SAML and OpenID Connect, fictional people.

``python -m example_project.identity_providers.saml`` and ``… .oidc`` serve one each. They are for trying things out:
everybody may log in as anybody. Start reading in ``saml.py`` and ``oidc.py``; ``serving.py`` is the HTTP below them.
"""
