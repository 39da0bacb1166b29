"""A project that bent django-scim2 to its own models: UUID keys, and columns that only its adapters know."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django_scim.models import AbstractSCIMGroupMixin, AbstractSCIMUserMixin


class Squad(AbstractSCIMGroupMixin):
    """The project's group; its SCIM id is the primary key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=150, unique=True)
    purpose = models.CharField(max_length=100, blank=True)


class Employee(AbstractSCIMUserMixin, AbstractUser):
    """A user whose SCIM id is the primary key, with a badge and a department."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    badge = models.CharField(max_length=20, blank=True)
    desk = models.IntegerField(null=True, blank=True)
    department = models.CharField(max_length=100, blank=True)
    scim_groups = models.ManyToManyField(Squad, related_name="user_set")
