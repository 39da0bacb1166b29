"""Revokers with the packages whose tokens they end."""
