import django.db.models.deletion
import django_provisioning.models.fields
import uuid
from django.conf import settings
from django.db import migrations, models

from django_provisioning.conf import group_model_label


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(group_model_label()),
    ]

    operations = [
        migrations.CreateModel(
            name="Connection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True, verbose_name="slug")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("idp", models.CharField(default="generic", max_length=30, verbose_name="identity provider")),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "halted_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="writes halted since"),
                ),
                (
                    "saml_entity_id",
                    django_provisioning.models.fields.KeyField(
                        blank=True, max_length=500, null=True, verbose_name="SAML entity id of the IdP"
                    ),
                ),
                (
                    "oidc_issuer",
                    django_provisioning.models.fields.KeyField(
                        blank=True, max_length=500, null=True, verbose_name="OIDC issuer"
                    ),
                ),
                (
                    "oidc_client_id",
                    django_provisioning.models.fields.KeyField(
                        blank=True, max_length=200, null=True, verbose_name="OIDC client id"
                    ),
                ),
                (
                    "jit",
                    models.CharField(
                        choices=[
                            ("off", "Off"),
                            ("link_only", "Link existing accounts only"),
                            ("create", "Create accounts"),
                        ],
                        default="off",
                        max_length=20,
                        verbose_name="just-in-time",
                    ),
                ),
                (
                    "attribute_sync",
                    models.JSONField(blank=True, default=dict, verbose_name="attribute sync at login"),
                ),
                (
                    "linking",
                    models.CharField(
                        choices=[
                            ("never", "Never"),
                            ("verified_email", "By e-mail address in a verified domain"),
                            ("trusted", "By user name or e-mail (single tenant only)"),
                        ],
                        default="never",
                        max_length=20,
                        verbose_name="linking",
                    ),
                ),
                (
                    "delete_mode",
                    models.CharField(
                        choices=[
                            ("deprovision", "Deactivate and keep the Django user"),
                            ("erase", "Deactivate, then delete the Django user"),
                        ],
                        default="deprovision",
                        max_length=20,
                        verbose_name="on delete",
                    ),
                ),
                (
                    "visibility",
                    models.CharField(
                        choices=[
                            ("managed", "Accounts that SCIM manages"),
                            ("linked", "Every account of the connection, also those made by login"),
                        ],
                        default="managed",
                        max_length=20,
                        verbose_name="visible to the IdP",
                    ),
                ),
                (
                    "required_claims",
                    models.JSONField(blank=True, default=dict, verbose_name="required claims"),
                ),
                (
                    "allowed_email_domains",
                    models.JSONField(blank=True, default=list, verbose_name="allowed e-mail domains"),
                ),
                (
                    "default_groups",
                    models.JSONField(blank=True, default=list, verbose_name="groups of new accounts"),
                ),
                (
                    "group_sync",
                    models.CharField(
                        choices=[
                            ("off", "Ignore"),
                            ("additive", "Add to the groups that are named"),
                            ("authoritative", "Be in exactly the groups that are named"),
                        ],
                        default="off",
                        max_length=20,
                        verbose_name="group claims",
                    ),
                ),
                (
                    "privilege_rules",
                    models.JSONField(
                        blank=True, default=dict, verbose_name="groups that grant staff or superuser"
                    ),
                ),
                ("seat_limit", models.PositiveIntegerField(blank=True, null=True, verbose_name="seat limit")),
                (
                    "group_prefix",
                    models.CharField(blank=True, default="", max_length=50, verbose_name="group name prefix"),
                ),
                (
                    "manages_privileged",
                    models.BooleanField(default=False, verbose_name="manages staff and superusers"),
                ),
                (
                    "strict",
                    models.BooleanField(default=False, verbose_name="refuse what the RFC does not allow"),
                ),
                (
                    "stale_after_days",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="stale after days"),
                ),
                (
                    "session_max_age_seconds",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="longest session in seconds"
                    ),
                ),
                (
                    "mass_leave_percent",
                    models.PositiveSmallIntegerField(default=20, verbose_name="mass-leave alarm at percent"),
                ),
                (
                    "mass_leave_minutes",
                    models.PositiveSmallIntegerField(default=10, verbose_name="mass-leave window in minutes"),
                ),
                (
                    "mass_leave_halts",
                    models.BooleanField(default=False, verbose_name="mass leave halts writes"),
                ),
            ],
            options={
                "verbose_name": "connection",
                "verbose_name_plural": "connections",
                "ordering": ("slug",),
                "permissions": (
                    ("manage_connection", "Can manage connections"),
                    ("issue_token", "Can issue, rotate and revoke tokens"),
                ),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("saml_entity_id",), name="provisioning_connection_entity_id"
                    ),
                    models.UniqueConstraint(
                        fields=("oidc_issuer", "oidc_client_id"), name="provisioning_connection_issuer_client"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mass_leave_percent__lte", 100)),
                        name="provisioning_connection_percent",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConnectionToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key_id",
                    django_provisioning.models.fields.KeyField(
                        max_length=12, unique=True, verbose_name="key id"
                    ),
                ),
                ("digest", django_provisioning.models.fields.KeyField(max_length=64, verbose_name="digest")),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                ("scopes", models.JSONField(default=list, verbose_name="scopes")),
                (
                    "allowed_cidrs",
                    models.JSONField(blank=True, default=list, verbose_name="allowed networks"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires at")),
                ("last_used_at", models.DateTimeField(blank=True, null=True, verbose_name="last used at")),
                (
                    "last_used_ip",
                    models.GenericIPAddressField(blank=True, null=True, verbose_name="last used from"),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked at")),
                (
                    "revoked_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="revoked because"),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="django_provisioning.connection",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "token",
                "verbose_name_plural": "tokens",
                "ordering": ("-created_at",),
            },
        ),
        migrations.CreateModel(
            name="GroupLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "scim_id",
                    django_provisioning.models.fields.KeyField(max_length=255, verbose_name="SCIM id"),
                ),
                (
                    "external_id",
                    django_provisioning.models.fields.KeyField(
                        blank=True, max_length=255, null=True, verbose_name="external id"
                    ),
                ),
                (
                    "display_name",
                    django_provisioning.models.fields.KeyField(max_length=255, verbose_name="display name"),
                ),
                ("display_name_key", django_provisioning.models.fields.KeyField(max_length=255)),
                ("attributes", models.JSONField(blank=True, default=dict, verbose_name="pushed attributes")),
                ("made_group", models.BooleanField(default=True)),
                ("revision", models.PositiveIntegerField(default=1, verbose_name="revision")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("updated_at", models.DateTimeField(verbose_name="updated at")),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="group_links",
                        to="django_provisioning.connection",
                    ),
                ),
                (
                    "group",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="provisioning_link",
                        to=group_model_label(),
                        verbose_name="group",
                    ),
                ),
            ],
            options={
                "verbose_name": "group link",
                "verbose_name_plural": "group links",
            },
        ),
        migrations.CreateModel(
            name="GroupNesting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="nested_in",
                        to="django_provisioning.grouplink",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="nested",
                        to="django_provisioning.grouplink",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Identity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "scim_id",
                    django_provisioning.models.fields.KeyField(max_length=255, verbose_name="SCIM id"),
                ),
                (
                    "external_id",
                    django_provisioning.models.fields.KeyField(
                        blank=True, max_length=255, null=True, verbose_name="external id"
                    ),
                ),
                (
                    "user_name",
                    django_provisioning.models.fields.KeyField(max_length=255, verbose_name="user name"),
                ),
                ("user_name_key", django_provisioning.models.fields.KeyField(max_length=255)),
                (
                    "subject",
                    django_provisioning.models.fields.KeyField(
                        blank=True, max_length=255, null=True, verbose_name="SSO subject"
                    ),
                ),
                (
                    "subject_issuer",
                    django_provisioning.models.fields.KeyField(
                        blank=True, max_length=500, null=True, verbose_name="issuer of the subject"
                    ),
                ),
                (
                    "subject_format",
                    models.CharField(
                        blank=True, default="", max_length=100, verbose_name="format of the subject"
                    ),
                ),
                ("active", models.BooleanField(default=True, verbose_name="active")),
                ("scim_managed", models.BooleanField(default=False, verbose_name="managed by SCIM")),
                ("attributes", models.JSONField(blank=True, default=dict, verbose_name="pushed attributes")),
                ("revision", models.PositiveIntegerField(default=1, verbose_name="revision")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("updated_at", models.DateTimeField(verbose_name="updated at")),
                (
                    "last_synced_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last synced at"),
                ),
                ("last_login_at", models.DateTimeField(blank=True, null=True, verbose_name="last login at")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted at")),
                ("live", models.BooleanField(default=True, editable=False, null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identities",
                        to="django_provisioning.connection",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="provisioning_identities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "identity",
                "verbose_name_plural": "identities",
            },
        ),
        migrations.CreateModel(
            name="AttributeValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("root", django_provisioning.models.fields.KeyField(max_length=191)),
                ("position", models.PositiveIntegerField(default=0)),
                ("sub", django_provisioning.models.fields.KeyField(default="", max_length=64)),
                ("prefix", django_provisioning.models.fields.KeyField(default="", max_length=64)),
                ("value", django_provisioning.models.fields.KeyTextField(default="")),
                ("is_primary", models.BooleanField(default=False)),
                (
                    "group_link",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="values",
                        to="django_provisioning.grouplink",
                    ),
                ),
                (
                    "identity",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="values",
                        to="django_provisioning.identity",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MemberLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("display", django_provisioning.models.fields.KeyTextField()),
                (
                    "identity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="django_provisioning.identity",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="member_labels",
                        to="django_provisioning.grouplink",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PendingRevocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revoker", models.CharField(max_length=100, verbose_name="revoker")),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("next_attempt_at", models.DateTimeField(db_index=True, verbose_name="next attempt at")),
                ("last_error", models.CharField(blank=True, max_length=200, verbose_name="last error")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="provisioning_pending",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "pending revocation",
                "verbose_name_plural": "pending revocations",
            },
        ),
        migrations.CreateModel(
            name="SessionIndex",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "session_key",
                    django_provisioning.models.fields.KeyField(
                        max_length=64, unique=True, verbose_name="session key"
                    ),
                ),
                (
                    "idp_session",
                    django_provisioning.models.fields.KeyField(
                        blank=True,
                        db_index=True,
                        max_length=255,
                        null=True,
                        verbose_name="session at the IdP",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("last_seen_at", models.DateTimeField(verbose_name="last seen at")),
                (
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="sessions",
                        to="django_provisioning.connection",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="provisioning_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "origin",
                    django_provisioning.models.fields.KeyField(
                        choices=[
                            ("manual", "Manual"),
                            ("jit_saml", "JIT (SAML)"),
                            ("jit_oidc", "JIT (OIDC)"),
                            ("scim", "SCIM"),
                            ("import", "Imported"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=10,
                        verbose_name="origin",
                    ),
                ),
                (
                    "state",
                    django_provisioning.models.fields.KeyField(
                        choices=[
                            ("staged", "Staged"),
                            ("active", "Active"),
                            ("suspended", "Suspended"),
                            ("deprovisioned", "Deprovisioned"),
                            ("deleted", "Deleted"),
                        ],
                        max_length=15,
                        verbose_name="state",
                    ),
                ),
                (
                    "managed_by",
                    django_provisioning.models.fields.KeyField(
                        choices=[
                            ("none", "Nobody"),
                            ("sso", "SSO"),
                            ("scim", "SCIM"),
                            ("scim+sso", "SCIM + SSO"),
                        ],
                        default="none",
                        max_length=10,
                        verbose_name="managed by",
                    ),
                ),
                (
                    "kind",
                    django_provisioning.models.fields.KeyField(
                        choices=[("human", "Human"), ("service", "Service"), ("break_glass", "Break-glass")],
                        default="human",
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "access_valid_after",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="logins older than this are void"
                    ),
                ),
                ("last_seen_at", models.DateTimeField(blank=True, null=True, verbose_name="last seen at")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="provisioning_account",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "account",
                "verbose_name_plural": "accounts",
                "permissions": (("offboard_account", "Can offboard and reinstate accounts"),),
                "indexes": [
                    models.Index(
                        fields=["origin", "state", "managed_by"], name="provisioning_account_origin"
                    ),
                    models.Index(fields=["state", "last_seen_at"], name="provisioning_account_seen"),
                    models.Index(fields=["managed_by", "state"], name="provisioning_account_managed"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("origin__in", ["manual", "jit_saml", "jit_oidc", "scim", "import", "unknown"])
                        ),
                        name="provisioning_account_origin_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["staged", "active", "suspended", "deprovisioned", "deleted"])
                        ),
                        name="provisioning_account_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConnectionDomain",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("domain", django_provisioning.models.fields.KeyField(max_length=253, verbose_name="domain")),
                ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="verified at")),
                (
                    "verified_domain",
                    django_provisioning.models.fields.KeyField(
                        blank=True, editable=False, max_length=253, null=True, unique=True
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="domains",
                        to="django_provisioning.connection",
                    ),
                ),
            ],
            options={
                "verbose_name": "e-mail domain",
                "verbose_name_plural": "e-mail domains",
                "constraints": [
                    models.UniqueConstraint(fields=("connection", "domain"), name="provisioning_domain_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("occurred_at", models.DateTimeField(verbose_name="time")),
                ("type", models.CharField(max_length=50, verbose_name="type")),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("joiner", "Joiner"),
                            ("mover", "Mover"),
                            ("leaver", "Leaver"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                        verbose_name="phase",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("success", "Success"),
                            ("failure", "Failure"),
                            ("skipped", "Skipped"),
                            ("warning", "Warning"),
                        ],
                        default="success",
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=100, verbose_name="reason")),
                ("actor_type", models.CharField(max_length=20, verbose_name="actor type")),
                (
                    "actor_id",
                    django_provisioning.models.fields.KeyField(
                        blank=True, default="", max_length=255, verbose_name="actor id"
                    ),
                ),
                (
                    "actor_label",
                    models.CharField(blank=True, default="", max_length=255, verbose_name="actor"),
                ),
                (
                    "connection_slug",
                    models.CharField(blank=True, default="", max_length=50, verbose_name="connection slug"),
                ),
                ("subject_type", models.CharField(max_length=20, verbose_name="subject type")),
                (
                    "subject_id",
                    django_provisioning.models.fields.KeyField(
                        blank=True, default="", max_length=64, verbose_name="subject id"
                    ),
                ),
                (
                    "subject_label",
                    models.CharField(blank=True, default="", max_length=255, verbose_name="subject"),
                ),
                (
                    "scim_id",
                    django_provisioning.models.fields.KeyField(
                        blank=True, default="", max_length=255, verbose_name="SCIM id"
                    ),
                ),
                ("changes", models.JSONField(default=dict, verbose_name="changes")),
                ("effects", models.JSONField(default=dict, verbose_name="effects")),
                (
                    "correlation_id",
                    django_provisioning.models.fields.KeyField(
                        blank=True, default="", max_length=128, verbose_name="correlation id"
                    ),
                ),
                (
                    "batch_id",
                    django_provisioning.models.fields.KeyField(
                        blank=True, default="", max_length=64, verbose_name="batch id"
                    ),
                ),
                ("ip", models.GenericIPAddressField(blank=True, null=True, verbose_name="IP address")),
                (
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="events",
                        to="django_provisioning.connection",
                        verbose_name="connection",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "ordering": ("-id",),
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        fields=["subject_type", "subject_id", "id"], name="provisioning_event_subject"
                    ),
                    models.Index(fields=["connection", "id"], name="provisioning_event_connection"),
                    models.Index(fields=["type", "id"], name="provisioning_event_type"),
                    models.Index(fields=["phase", "occurred_at"], name="provisioning_event_phase"),
                    models.Index(fields=["correlation_id"], name="provisioning_event_correlation"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("actor_type", ""), _negated=True),
                        name="provisioning_event_has_actor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("type", ""), _negated=True), name="provisioning_event_has_type"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="grouplink",
            index=models.Index(fields=["connection", "id"], name="provisioning_group_page"),
        ),
        migrations.AddConstraint(
            model_name="grouplink",
            constraint=models.UniqueConstraint(
                fields=("connection", "scim_id"), name="provisioning_group_scim_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="grouplink",
            constraint=models.UniqueConstraint(
                fields=("connection", "external_id"), name="provisioning_group_external_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="grouplink",
            constraint=models.UniqueConstraint(
                fields=("connection", "display_name_key"), name="provisioning_group_display_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="groupnesting",
            constraint=models.UniqueConstraint(fields=("parent", "child"), name="provisioning_nesting_once"),
        ),
        migrations.AddConstraint(
            model_name="groupnesting",
            constraint=models.CheckConstraint(
                condition=models.Q(("parent", models.F("child")), _negated=True),
                name="provisioning_nesting_not_itself",
            ),
        ),
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(fields=["connection", "live", "id"], name="provisioning_identity_page"),
        ),
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(fields=["connection", "updated_at"], name="provisioning_identity_updated"),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(
                fields=("connection", "scim_id"), name="provisioning_identity_scim_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(
                fields=("connection", "user_name_key", "live"), name="provisioning_identity_user_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(
                fields=("connection", "external_id", "live"), name="provisioning_identity_external_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(
                fields=("connection", "subject", "live"), name="provisioning_identity_subject"
            ),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(
                fields=("connection", "user", "live"), name="provisioning_identity_user"
            ),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("deleted_at__isnull", True), ("live", True), ("live__isnull", False)),
                    models.Q(("deleted_at__isnull", False), ("live__isnull", True)),
                    _connector="OR",
                ),
                name="provisioning_identity_live_or_deleted",
            ),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.CheckConstraint(
                condition=models.Q(("scim_id", ""), _negated=True), name="provisioning_identity_has_scim_id"
            ),
        ),
        migrations.AddIndex(
            model_name="attributevalue",
            index=models.Index(fields=["root", "sub", "prefix"], name="provisioning_value_lookup"),
        ),
        migrations.AddConstraint(
            model_name="attributevalue",
            constraint=models.UniqueConstraint(
                fields=("identity", "root", "position", "sub"), name="provisioning_value_identity"
            ),
        ),
        migrations.AddConstraint(
            model_name="attributevalue",
            constraint=models.UniqueConstraint(
                fields=("group_link", "root", "position", "sub"), name="provisioning_value_group"
            ),
        ),
        migrations.AddConstraint(
            model_name="attributevalue",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("group_link__isnull", False), ("identity__isnull", True)),
                    models.Q(("group_link__isnull", True), ("identity__isnull", False)),
                    _connector="OR",
                ),
                name="provisioning_value_one_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="memberlabel",
            constraint=models.UniqueConstraint(
                fields=("link", "identity"), name="provisioning_member_label_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="pendingrevocation",
            constraint=models.UniqueConstraint(fields=("user", "revoker"), name="provisioning_pending_once"),
        ),
    ]
