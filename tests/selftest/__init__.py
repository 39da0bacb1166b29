"""The self-test judged: it passes where access ends, sees every planted flaw, and leaves nothing behind."""
