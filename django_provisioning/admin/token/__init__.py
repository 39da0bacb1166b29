"""The list of tokens, and how one is issued, rotated and revoked. Start in ``model_admin.py``."""
