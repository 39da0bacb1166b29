"""Settings of the suite: one module per user model, the database chosen by ``TEST_DATABASE``."""
