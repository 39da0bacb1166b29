"""Fills a PostgreSQL database with a site of any size, on the server's side: a million accounts in minutes.

Shares are the same at every size (who left, who is stale, who belongs to which connection), as they are on real sites;
a few things are as rare on a large site as on a small one, such as removals that are still open. The numbers come from
the row's number and not from chance, so that two runs seed the same.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection

from django_provisioning.models import ConnectionToken, Event, GroupLink, PolicyRun
from django_provisioning.models.membership import group_model
from django_provisioning.protocol.comparison import fold
from tests.factories import make_connection, make_token
from tests.lifecycle.people import local_user

CONNECTIONS = 20
GROUPS = 200
EVENTS_PER_ACCOUNT = 5
AUDITOR = (
    "view_dashboard", "view_account", "view_connection", "view_identity", "view_grouplink", "view_sessionindex",
    "view_event", "view_leave", "export_report",
)  # fmt: skip

_USERS = """
INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active,
                       date_joined, last_login)
SELECT '!' || md5(i::text), false, 'user' || i || '@example.com', 'Given' || i %% 997, 'Family' || i %% 4999,
       'user' || i || '@example.com', i %% 2000 = 7, (i %% 1000 < 880) <> (i <= 5),
       now() - (400 - i %% 380) * interval '1 day', NULL
FROM generate_series(1::bigint, %(accounts)s) i
"""

# Of a thousand: 880 active, 5 staged, 20 suspended, 90 deprovisioned, 5 deleted.
_ACCOUNTS = """
INSERT INTO django_provisioning_account (user_id, origin, state, suspension, managed_by, kind, owner_id,
                                         last_seen_at, created_at)
SELECT u.id,
       CASE WHEN s.n < 600 THEN 'scim' WHEN s.n < 750 THEN 'jit_saml' WHEN s.n < 850 THEN 'jit_oidc'
            WHEN s.n < 900 THEN 'import' WHEN s.n < 990 THEN 'manual' ELSE 'unknown' END,
       CASE WHEN s.i %% 1000 < 880 THEN 'active' WHEN s.i %% 1000 < 885 THEN 'staged'
            WHEN s.i %% 1000 < 905 THEN 'suspended' WHEN s.i %% 1000 < 995 THEN 'deprovisioned' ELSE 'deleted' END,
       CASE WHEN s.i %% 1000 BETWEEN 885 AND 904 THEN 'administrator' ELSE '' END,
       CASE WHEN s.n >= 900 OR s.i %% 1000 >= 995 OR s.i BETWEEN 11 AND 14 THEN 'none'
            WHEN s.n < 300 THEN 'scim+sso'
            WHEN s.n < 600 OR s.n BETWEEN 850 AND 899 THEN 'scim' ELSE 'sso' END,
       CASE WHEN s.i <= 20 THEN 'service' ELSE 'human' END, NULL,
       CASE WHEN s.i %% 1000 >= 850 AND s.i %% 1000 < 880 THEN now() - (91 + s.i %% 300) * interval '1 day'
            WHEN s.i %% 1000 BETWEEN 820 AND 849 THEN NULL
            ELSE now() - (s.i * 7919 %% 5184000) * interval '1 second' END,
       u.date_joined
FROM (SELECT i, (i * 7919) %% 1000 AS n FROM generate_series(1::bigint, %(accounts)s) i) s
JOIN auth_user u ON u.username = 'user' || s.i || '@example.com'
ORDER BY s.i
"""

# The first connection has 40 % of the people, the last ones have one in two hundred each.
_IDENTITIES = """
INSERT INTO django_provisioning_identity (connection_id, user_id, scim_id, external_id, user_name, user_name_key,
    subject, subject_issuer, subject_format, active, scim_managed, attributes, revision, created_at, updated_at,
    last_synced_at, last_login_at, deleted_at, live)
SELECT (%(connections)s::bigint[])[CASE WHEN s.c < 40 THEN 1 WHEN s.c < 60 THEN 2 WHEN s.c < 75 THEN 3
                                        WHEN s.c < 85 THEN 4 WHEN s.c < 92 THEN 5 ELSE (6 + s.i / 100 %% 15)::int END],
       a.user_id, md5(s.i::text)::uuid::text, 'ext-' || s.i, 'user' || s.i || '@example.com',
       'user' || s.i || '@example.com',
       CASE WHEN a.managed_by IN ('sso', 'scim+sso') THEN 'subject-' || s.i END, NULL, '',
       a.state = 'active', a.origin IN ('scim', 'import'),
       jsonb_build_object('displayName', 'Given' || s.i %% 997 || ' Family' || s.i %% 4999,
           'title', 'Engineer',
           'name', jsonb_build_object('givenName', 'Given' || s.i %% 997, 'familyName', 'Family' || s.i %% 4999),
           'emails', jsonb_build_array(jsonb_build_object('value', 'user' || s.i || '@example.com', 'type', 'work',
               'primary', true))),
       1, a.created_at, a.created_at,
       CASE WHEN a.origin IN ('scim', 'import') AND s.i %% 50 > 0
            THEN now() - (s.i * 104729 %% 34560000) * interval '1 second' END,
       CASE WHEN a.managed_by IN ('sso', 'scim+sso') THEN a.last_seen_at END,
       CASE WHEN a.managed_by = 'none' THEN now() - interval '1 day' END,
       CASE WHEN a.managed_by = 'none' THEN NULL ELSE true END
FROM (SELECT i, (i * 31) %% 100 AS c, (i * 7919) %% 1000 AS n FROM generate_series(1::bigint, %(accounts)s) i) s
JOIN auth_user u ON u.username = 'user' || s.i || '@example.com'
JOIN django_provisioning_account a ON a.user_id = u.id
WHERE s.n < 900
"""

_VALUES = """
INSERT INTO django_provisioning_attributevalue (identity_id, root, position, sub, prefix, value, is_primary)
SELECT i.id, v.root, 0, v.sub, left(v.value, 64), v.value, v.root = 'emails'
FROM django_provisioning_identity i
CROSS JOIN LATERAL (VALUES ('emails', 'value', i.user_name_key),
    ('name', 'familyName', lower(i.attributes -> 'name' ->> 'familyName')),
    ('displayName', '', lower(i.attributes ->> 'displayName'))) v(root, sub, value)
WHERE i.live
"""

# In the order of time, as they would have been opened; a join alone would put those without a connection last.
_SESSIONS = """
INSERT INTO django_provisioning_sessionindex (user_id, session_key, connection_id, created_at, last_seen_at)
SELECT a.user_id, md5('session' || a.id), i.connection_id, a.last_seen_at, a.last_seen_at
FROM django_provisioning_account a
LEFT JOIN django_provisioning_identity i ON i.user_id = a.user_id AND i.live
WHERE (a.state = 'active' AND a.id %% 5 = 0 AND a.last_seen_at IS NOT NULL)
   OR a.id IN (SELECT id FROM django_provisioning_account WHERE state = 'deprovisioned' ORDER BY id LIMIT 3)
ORDER BY a.last_seen_at
"""

_MEMBERS = """
INSERT INTO auth_user_groups (user_id, group_id)
SELECT i.user_id, (%(groups)s::bigint[])[1 + i.id %% %(size)s] FROM django_provisioning_identity i WHERE i.live
"""

_LEAVES = """
INSERT INTO django_provisioning_leave (event_uid, user_id, subject_id, subject_label, connection_id, connection_slug,
    path, everywhere, source_at, received_at, deactivated_at, closed_at, ended)
SELECT gen_random_uuid(), a.user_id, a.user_id::text, u.username, i.connection_id, coalesce(c.slug, ''),
       CASE WHEN a.id %% 10 < 7 THEN 'scim_patch' WHEN a.id %% 1000 = 888 THEN 'out_of_band' ELSE 'admin' END,
       a.id %% 20 > 0, NULL, t.at, t.at + interval '40 ms',
       CASE WHEN a.id <= 2500 AND a.id %% 1000 = 890 THEN NULL
            WHEN a.id %% 200 = 90 THEN t.at + interval '2 days' ELSE t.at + interval '60 ms' END,
       '{"sessions": 1}'
FROM django_provisioning_account a
JOIN auth_user u ON u.id = a.user_id
LEFT JOIN django_provisioning_identity i ON i.user_id = a.user_id
LEFT JOIN django_provisioning_connection c ON c.id = i.connection_id
CROSS JOIN LATERAL (SELECT now() - (a.id::bigint * 7919 %% 34560000) * interval '1 second' AS at) t
WHERE a.state IN ('suspended', 'deprovisioned', 'deleted')
ORDER BY a.id
"""

# In the order of time, as they would have been written.
_EVENTS = """
INSERT INTO django_provisioning_event (uid, occurred_at, type, phase, outcome, reason, actor_type, actor_id,
    actor_label, connection_id, connection_slug, subject_type, subject_id, subject_label, scim_id, changes, effects,
    correlation_id, batch_id, ip)
SELECT gen_random_uuid(), now() - interval '400 days' * (1 - e::float / %(events)s),
       CASE WHEN e %% 20 < 11 THEN 'account.updated' WHEN e %% 20 < 15 THEN 'account.created'
            WHEN e %% 20 < 17 THEN 'account.deactivated' WHEN e %% 20 < 19 THEN 'account.subject_bound'
            WHEN e %% 1000 = 999 THEN 'request.refused' ELSE 'session.revoked' END,
       CASE WHEN e %% 20 < 11 THEN 'mover' WHEN e %% 20 < 15 THEN 'joiner' WHEN e %% 20 < 17 THEN 'leaver'
            WHEN e %% 20 < 19 THEN 'joiner' ELSE 'other' END,
       CASE WHEN e %% 1000 = 999 THEN 'failure' WHEN e %% 5000 = 498 THEN 'warning'
            WHEN e %% 100 = 33 THEN 'skipped' ELSE 'success' END,
       '', 'connection', coalesce(i.connection_id::text, 'unknown'), coalesce(c.slug, ''),
       i.connection_id, coalesce(c.slug, ''), 'user',
       a.user_id::text, u.username, coalesce(i.scim_id, ''),
       CASE WHEN e %% 20 < 11 THEN '{"title": {"old": "Engineer", "new": "Senior engineer"}}'::jsonb ELSE '{}' END,
       '{}', md5('request' || e / 2), CASE WHEN e %% 50 = 0 THEN 'batch-' || e / 5000 ELSE '' END, '192.0.2.7'
FROM generate_series(1::bigint, %(events)s) e
JOIN django_provisioning_account a ON a.id = %(first)s + e * 7919 %% %(accounts)s
JOIN auth_user u ON u.id = a.user_id
LEFT JOIN django_provisioning_identity i ON i.user_id = a.user_id
LEFT JOIN django_provisioning_connection c ON c.id = i.connection_id
ORDER BY e
"""


def seed(accounts: int) -> None:
    """Fill an empty, migrated database with so many accounts and five events for each."""
    connections = _make_connections()
    groups = _make_groups(connections)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
        cursor.execute("SET work_mem TO '256MB'")
        for statement in (_USERS, _ACCOUNTS, _IDENTITIES, _VALUES, _SESSIONS, _LEAVES):
            cursor.execute(statement, {"accounts": accounts, "connections": connections})
            cursor.execute("ANALYZE")
        cursor.execute(_MEMBERS, {"groups": groups, "size": len(groups)})
        cursor.execute("SELECT min(id) FROM django_provisioning_account")
        numbers = {
            "accounts": accounts,
            "events": accounts * EVENTS_PER_ACCOUNT,
            "first": cursor.fetchone()[0],
        }
        cursor.execute(_EVENTS, numbers)
        cursor.execute("SET synchronous_commit TO on")
        # As autovacuum would leave it: statistics, and a visibility map for index-only scans.
        cursor.execute("VACUUM ANALYZE")


def make_auditor() -> Any:
    """Make somebody who may see every page and do nothing: the reader with the most queries."""
    person = local_user("auditor", is_staff=True)
    wanted = Permission.objects.filter(content_type__app_label="django_provisioning", codename__in=AUDITOR)
    person.user_permissions.set(wanted)
    return person


def _make_connections() -> list[int]:
    made = [make_connection(f"tenant-{number:02}", idp="okta") for number in range(CONNECTIONS)]
    for one in made:
        make_token(one)
    type(made[0]).objects.filter(pk=made[-1].pk).update(enabled=False)
    type(made[0]).objects.filter(pk=made[5].pk).update(stale_after_days=30)
    ConnectionToken.objects.update(last_used_at=made[0].created_at)
    PolicyRun.objects.bulk_create(
        PolicyRun(
            job="rollups",
            started_at=one.created_at,
            finished_at=one.created_at,
            outcome=PolicyRun.Outcome.DONE,
        )
        for one in made
        for _again in range(20)
    )
    assert Event.objects.exists()
    return [one.pk for one in made]


def _make_groups(connections: list[int]) -> list[int]:
    groups: Any = group_model()._default_manager.bulk_create(
        [group_model()(name=f"Group {number}") for number in range(GROUPS)]
    )
    now = Event.objects.latest("id").occurred_at
    GroupLink.objects.bulk_create(
        GroupLink(
            connection_id=connections[number % len(connections)], group=group, scim_id=f"group-{number}",
            display_name=group.name, display_name_key=fold(group.name), created_at=now, updated_at=now,
        )
        for number, group in enumerate(groups)
    )  # fmt: skip
    return [group.pk for group in groups]
