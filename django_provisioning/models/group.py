"""GroupLink: the link between a connection and a Django group that it owns."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..conf import group_model_label
from .connection import Connection
from .fields import KeyField, KeyTextField


class GroupLinkQuerySet(models.QuerySet["GroupLink"]):
    """Group links; every SCIM look-up starts with ``of(connection)``."""

    def of(self, connection: Connection) -> GroupLinkQuerySet:
        """Restrict to the groups that the connection owns."""
        return self.filter(connection=connection)


class GroupLink(models.Model):
    """A Django group that a connection owns; a Django group has at most one owner.

    ``made_group`` says whether the Django group was made by the push, and so goes with it.
    """

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="group_links", verbose_name=_("connection")
    )
    group = models.OneToOneField(
        group_model_label(), models.CASCADE, related_name="provisioning_link", verbose_name=_("group")
    )
    scim_id = KeyField(_("SCIM id"))
    external_id = KeyField(_("external id"), null=True, blank=True)
    display_name = KeyField(_("display name"))
    display_name_key = KeyField(max_length=255)
    attributes = models.JSONField(_("pushed attributes"), default=dict, blank=True)
    made_group = models.BooleanField(_("made the Django group"), default=True)
    revision = models.PositiveIntegerField(_("revision"), default=1)
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))

    objects = GroupLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("group link")
        verbose_name_plural = _("group links")
        constraints = (
            models.UniqueConstraint(fields=["connection", "scim_id"], name="provisioning_group_scim_id"),
            models.UniqueConstraint(
                fields=["connection", "external_id"], name="provisioning_group_external_id"
            ),
            models.UniqueConstraint(
                fields=["connection", "display_name_key"], name="provisioning_group_display_name"
            ),
        )
        indexes = (models.Index(fields=["connection", "id"], name="provisioning_group_page"),)

    def __str__(self) -> str:
        return str(self.display_name)


class GroupNesting(models.Model):
    """A group that the IdP put into another group (RFC 7643 §4.2: members may be groups).

    Kept and given back; Django groups do not nest, so it grants nothing. IdPs push flattened members as well.
    """

    parent = models.ForeignKey(GroupLink, models.CASCADE, related_name="nested")
    child = models.ForeignKey(GroupLink, models.CASCADE, related_name="nested_in")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["parent", "child"], name="provisioning_nesting_once"),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("child")), name="provisioning_nesting_not_itself"
            ),
        )

    def __str__(self) -> str:
        return f"{self.child} in {self.parent}"


class MemberLabel(models.Model):
    """How the IdP called a person in a group (``members.display``), where that is not the userName.

    Kept and given back, nothing more; it goes with the identity, so that an erased person leaves no name behind.
    """

    link = models.ForeignKey(GroupLink, models.CASCADE, related_name="member_labels")
    identity = models.ForeignKey("django_provisioning.Identity", models.CASCADE, related_name="+")
    display = KeyTextField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["link", "identity"], name="provisioning_member_label_once"),
        )

    def __str__(self) -> str:
        return str(self.display)
