"""Plugins of the suite for pytest."""
