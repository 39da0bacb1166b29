"""Signals for the project's own code, sent after commit with ``send_robust``.

Every signal carries ``event`` (the audit row) and ``user`` or ``group``; a receiver can observe but never
undo what happened. Receivers that raise are logged by Django and change nothing.
"""

from __future__ import annotations

from django.dispatch import Signal

account_joined = Signal()
account_moved = Signal()
account_left = Signal()
account_rejoined = Signal()
account_stale = Signal()  # Nobody has been seen for long: a warning before the policy of the connection acts.
access_revoked = Signal()  # ``user`` and ``leave``: nothing of a leave is open any more.
revocation_failed = Signal()  # ``user``, ``kind``, ``attempts``: sent at once, because somebody has to look.
group_changed = Signal()

# Sent synchronously by a login through our backends. A receiver of a ``pre_`` signal may raise ``Refuse(reason)``.
sso_login = Signal()
jit_pre_create = Signal()
jit_pre_update = Signal()
jit_provisioned = Signal()
jit_login = Signal()
jit_refused = Signal()
