import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("django_provisioning", "0004_requests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="responsible",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Person or team that does by hand what no mechanism of this connection does.",
                max_length=120,
                verbose_name="responsible",
            ),
        ),
        # Labels alone, which no table knows of.
        migrations.AlterField(
            model_name="connectiontoken",
            name="connection",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tokens",
                to="django_provisioning.connection",
                verbose_name="connection",
            ),
        ),
        migrations.AlterField(
            model_name="connectiontoken",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="issued by",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="uid",
            field=models.UUIDField(
                default=uuid.uuid4, editable=False, unique=True, verbose_name="id of the event"
            ),
        ),
        migrations.AlterField(
            model_name="grouplink",
            name="connection",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="group_links",
                to="django_provisioning.connection",
                verbose_name="connection",
            ),
        ),
        migrations.AlterField(
            model_name="grouplink",
            name="made_group",
            field=models.BooleanField(default=True, verbose_name="made the Django group"),
        ),
        migrations.AlterField(
            model_name="identity",
            name="connection",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="identities",
                to="django_provisioning.connection",
                verbose_name="connection",
            ),
        ),
        migrations.AlterField(
            model_name="identity",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="provisioning_identities",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AlterField(
            model_name="sessionindex",
            name="connection",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="sessions",
                to="django_provisioning.connection",
                verbose_name="connection",
            ),
        ),
        migrations.AlterField(
            model_name="sessionindex",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="provisioning_sessions",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
    ]
