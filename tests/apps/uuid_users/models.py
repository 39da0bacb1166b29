"""The user model of ``tests.settings.uuid_user``."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models


class Person(AbstractUser):
    """A Django user in all but the type of its primary key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
