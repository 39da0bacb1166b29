import django.db.models.deletion
from django.db import migrations, models

import django_provisioning.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("django_provisioning", "0002_leaving"),
    ]

    operations = [
        migrations.CreateModel(
            name="FlaggedAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "anomaly",
                    django_provisioning.models.fields.KeyField(max_length=30, verbose_name="anomaly"),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="flags",
                        to="django_provisioning.account",
                    ),
                ),
            ],
            options={
                "verbose_name": "flagged account",
                "verbose_name_plural": "flagged accounts",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("anomaly", "account"), name="provisioning_flagged_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["kind", "id"], name="provisioning_account_kind"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["managed_by", "id"], name="provisioning_account_unmanaged"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["last_seen_at", "id"], name="provisioning_account_last_seen"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["batch_id"], name="provisioning_event_batch"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["outcome", "id"], name="provisioning_event_outcome"),
        ),
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(fields=["user_name_key", "id"], name="provisioning_identity_name"),
        ),
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(fields=["last_synced_at", "id"], name="provisioning_identity_synced"),
        ),
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(fields=["live", "id"], name="provisioning_identity_live"),
        ),
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(fields=["scim_managed", "subject"], name="provisioning_identity_unused"),
        ),
        migrations.RemoveIndex(
            model_name="leave",
            name="provisioning_leave_received",
        ),
        migrations.AddIndex(
            model_name="leave",
            index=models.Index(fields=["received_at", "closed_at"], name="provisioning_leave_received"),
        ),
        migrations.AddIndex(
            model_name="leave",
            index=models.Index(fields=["path", "id"], name="provisioning_leave_path"),
        ),
        migrations.AddIndex(
            model_name="sessionindex",
            index=models.Index(fields=["last_seen_at", "id"], name="provisioning_session_seen"),
        ),
        migrations.AddIndex(
            model_name="sessionindex",
            index=models.Index(fields=["connection", "id"], name="provisioning_session_connect"),
        ),
        migrations.AlterModelOptions(
            name="leave",
            options={
                "default_permissions": ("view",),
                "ordering": ("-id",),
                "verbose_name": "leaver",
                "verbose_name_plural": "leavers",
            },
        ),
    ]
