"""The way over from django-scim2 and django-scim2-server.

Owns: reading what those packages kept (``django_scim2``, ``django_scim2_server``; the rows are written by
``lifecycle.imports``), running a project's django-scim2 adapters behind our views (``mapping``, ``handlers``), and the
old URL names (``urls``). The only room that imports those packages; without them installed only ``urls`` works.
May import ``scim`` and what ``scim`` may import. Start reading at ``mapping.py``.
"""
