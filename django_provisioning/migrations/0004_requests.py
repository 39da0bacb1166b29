import django.db.models.deletion
from django.db import migrations, models

import django_provisioning.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("django_provisioning", "0003_scale"),
    ]

    operations = [
        migrations.CreateModel(
            name="ScimRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "connection_slug",
                    models.CharField(blank=True, default="", max_length=50, verbose_name="connection slug"),
                ),
                (
                    "key_id",
                    django_provisioning.models.fields.KeyField(
                        blank=True, default="", max_length=12, verbose_name="key id"
                    ),
                ),
                ("method", models.CharField(max_length=10, verbose_name="method")),
                ("route", models.CharField(blank=True, default="", max_length=100, verbose_name="endpoint")),
                ("path", models.CharField(max_length=255, verbose_name="path")),
                ("query", models.TextField(blank=True, default="", verbose_name="query")),
                ("status", models.PositiveSmallIntegerField(verbose_name="status")),
                ("milliseconds", models.PositiveIntegerField(verbose_name="milliseconds")),
                (
                    "scim_type",
                    models.CharField(blank=True, default="", max_length=30, verbose_name="SCIM error type"),
                ),
                ("detail", models.CharField(blank=True, default="", max_length=500, verbose_name="detail")),
                (
                    "correlation_id",
                    django_provisioning.models.fields.KeyField(
                        blank=True, default="", max_length=128, verbose_name="correlation id"
                    ),
                ),
                ("ip", models.GenericIPAddressField(blank=True, null=True, verbose_name="IP address")),
                (
                    "user_agent",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="user agent"),
                ),
                ("request_bytes", models.PositiveIntegerField(default=0, verbose_name="bytes received")),
                ("response_bytes", models.PositiveIntegerField(default=0, verbose_name="bytes sent")),
                ("request_body", models.TextField(blank=True, default="", verbose_name="request body")),
                ("response_body", models.TextField(blank=True, default="", verbose_name="response body")),
                (
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="requests",
                        to="django_provisioning.connection",
                        verbose_name="connection",
                    ),
                ),
            ],
            options={
                "verbose_name": "SCIM request",
                "verbose_name_plural": "SCIM requests",
                "ordering": ("-id",),
                "permissions": (("view_request_body", "Can view the bodies of SCIM requests"),),
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        fields=["connection", "at", "status", "milliseconds"],
                        name="provisioning_request_health",
                    ),
                    models.Index(fields=["connection", "id"], name="provisioning_request_connect"),
                    models.Index(fields=["status", "id"], name="provisioning_request_status"),
                    models.Index(fields=["correlation_id"], name="provisioning_request_correlate"),
                ],
            },
        ),
    ]
