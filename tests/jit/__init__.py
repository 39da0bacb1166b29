"""The login door against real providers; runs under ``--ds tests.settings.jit``."""
