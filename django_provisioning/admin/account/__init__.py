"""The list and the page of accounts, and what is done to one or many of them. Start in ``model_admin.py``."""
