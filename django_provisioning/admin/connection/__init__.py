"""The list and the page of connections, their operations and how to set one up. Start in ``model_admin.py``."""
