"""Just-in-time and SCIM 2.0 provisioning for Django, on the same users and groups.

Add ``django_provisioning`` to ``INSTALLED_APPS`` and mount ``django_provisioning.urls``. Rooms, from the
bottom up: ``protocol`` (the standards), ``models`` (tables), ``mapping`` (translation), ``lifecycle`` (the
only writer of accounts), then the doors: ``scim``, ``jit`` and ``admin``. docs/explanation/architecture.md
draws them.
"""

__version__ = "0.1.0"
