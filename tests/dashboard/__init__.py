"""Tests of the dashboard: its figures, pages, files, roles, and what one may not do with it."""
