"""System checks as data: one function per id, one table at the end, tag ``provisioning``.

A function yields what is wrong as (text, hint); level, id and time of the check stand in the table. Those about
security run only under ``check --deploy``, those that read the database only with ``--database``. A module per
theme; a new check is a function there and a row here.
"""

from __future__ import annotations

from .check import Check
from .configuration import dotted_paths_are_importable, settings_are_known_and_typed
from .credentials import every_credential_has_its_revoker, token_classes_refuse_who_has_left
from .django_scim2 import (
    kept_ids_are_imported,
    old_middleware_lets_tokens_in,
    old_settings_are_said_in_ours,
    one_package_answers_on_a_prefix,
)
from .evidence import evidence_is_signed_with_a_key_of_its_own
from .guard import backends_refuse_inactive_users, guard_is_in_its_place, session_ages_are_kept
from .models import needed_apps_are_installed, user_and_group_models_fit
from .requests import bodies_of_requests_are_not_kept
from .schedule import (
    logins_without_a_directory_have_a_control,
    scheduled_run_is_seen,
    sign_of_life_is_noted,
    somebody_can_always_come_in,
)
from .sessions import sessions_can_be_deleted
from .tokens import tokens_expire_and_not_soon
from .transport import debug_is_off_where_tokens_are_served, scim_is_served_over_https
from .user_admin import own_user_page_shows_provisioning

CHECKS = (
    Check("E001", settings_are_known_and_typed),
    Check("E002", dotted_paths_are_importable),
    Check("E003", user_and_group_models_fit),
    Check("E004", needed_apps_are_installed),
    Check("E005", backends_refuse_inactive_users),
    Check("E006", guard_is_in_its_place),
    Check("E020", one_package_answers_on_a_prefix),
    Check("W001", logins_without_a_directory_have_a_control, reads_database=True),
    Check("W002", sessions_can_be_deleted),
    Check("W003", session_ages_are_kept, reads_database=True),
    Check("W004", tokens_expire_and_not_soon, reads_database=True),
    Check("W005", scim_is_served_over_https, deploy=True),
    Check("W006", evidence_is_signed_with_a_key_of_its_own, deploy=True),
    Check("W007", scheduled_run_is_seen, deploy=True, reads_database=True),
    Check("W009", own_user_page_shows_provisioning),
    Check("W011", somebody_can_always_come_in, reads_database=True),
    Check("W012", bodies_of_requests_are_not_kept),
    Check("W013", every_credential_has_its_revoker),
    Check("W014", debug_is_off_where_tokens_are_served, deploy=True),
    Check("W015", token_classes_refuse_who_has_left),
    Check("W016", sign_of_life_is_noted, reads_database=True),
    Check("W020", kept_ids_are_imported, reads_database=True),
    Check("W021", old_settings_are_said_in_ours),
    Check("W022", old_middleware_lets_tokens_in),
)

for _check in CHECKS:
    _check.register()
