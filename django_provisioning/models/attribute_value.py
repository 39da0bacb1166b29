"""AttributeValue: the pushed attributes as rows, so that any SCIM filter is an index look-up on any database.

The truth is ``Identity.attributes``; these rows are derived from it by ``lifecycle`` in the same transaction.
JSON operators differ between SQLite, PostgreSQL and MariaDB and have no index over array elements; rows do.
"""

from __future__ import annotations

from django.db import models

from .fields import KeyField, KeyTextField
from .group import GroupLink
from .identity import Identity

PREFIX_LENGTH = 64


class AttributeValue(models.Model):
    """One leaf of a document: ``emails``, element 0, ``value`` = "barbara@example.com".

    ``value`` is the comparable text of ``protocol.comparison`` and ``prefix`` its first 64 characters, which the
    index holds. The anchor of an element (sub "") stands for the element itself. Exactly one owner is set.
    """

    identity = models.ForeignKey(Identity, models.CASCADE, null=True, related_name="values")
    group_link = models.ForeignKey(GroupLink, models.CASCADE, null=True, related_name="values")
    root = KeyField(max_length=191)
    position = models.PositiveIntegerField(default=0)
    sub = KeyField(max_length=64, default="")
    prefix = KeyField(max_length=PREFIX_LENGTH, default="")
    value = KeyTextField(default="")
    is_primary = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["identity", "root", "position", "sub"], name="provisioning_value_identity"
            ),
            models.UniqueConstraint(
                fields=["group_link", "root", "position", "sub"], name="provisioning_value_group"
            ),
            models.CheckConstraint(
                condition=models.Q(identity__isnull=True, group_link__isnull=False)
                | models.Q(identity__isnull=False, group_link__isnull=True),
                name="provisioning_value_one_owner",
            ),
        )
        indexes = (models.Index(fields=["root", "sub", "prefix"], name="provisioning_value_lookup"),)

    def __str__(self) -> str:
        return f"{self.root}[{self.position}].{self.sub}"
