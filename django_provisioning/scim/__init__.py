"""The HTTP face: SCIM 2.0 on Django REST framework.

Owns requests and answers: bearer tokens, limits, the exception handler, handlers for each resource type, views,
discovery and throttling. Writes only through ``lifecycle``. Start reading in ``views.py``, then ``handlers/users.py``.
"""
