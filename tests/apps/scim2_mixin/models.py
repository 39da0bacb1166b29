"""A project that followed django-scim2's own instructions: mixins on a user and a team with integer keys."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django_scim.models import AbstractSCIMGroupMixin, AbstractSCIMUserMixin


class Team(AbstractSCIMGroupMixin):
    """The project's group, with the columns of the mixin."""

    name = models.CharField(max_length=150, unique=True)


class User(AbstractSCIMUserMixin, AbstractUser):
    """Django's user with the columns of the mixin and the relation that its adapters ask for."""

    scim_groups = models.ManyToManyField(Team, related_name="user_set")
