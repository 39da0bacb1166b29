"""The lifecycle verbs, run on a real database."""
