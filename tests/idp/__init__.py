"""Recorded-style exchanges of identity providers, replayed against the SCIM face. Start with README.md."""
