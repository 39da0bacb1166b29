"""The pages in the system's Chromium, as a person has them before their eyes. Start reading in ``conftest.py``."""
