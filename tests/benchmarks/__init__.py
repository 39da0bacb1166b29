"""Measurements; ``make bench`` runs them, the suite does not."""
