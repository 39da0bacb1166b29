"""The guard against forgetful backends, on every session engine."""
