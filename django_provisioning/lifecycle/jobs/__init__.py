"""The scheduled jobs, one file each: what time alone brings about. ``schedule`` lists and runs them.

A job is idempotent: run twice it does nothing the second time, stopped midway the next run goes on. It works in
transactions of its own, one per account or batch, and says in a ``Report`` what it did. Start with ``base``.
"""
