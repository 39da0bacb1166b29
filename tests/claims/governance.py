"""Rows N: what is said when both are seen as the governance of accounts."""

from __future__ import annotations

from tests.claims.row import Row

ROWS = (
    Row(
        "N1",
        "The dashboard leads with what is uncovered, not with how much was made.",
        tests={
            "dashboard/test_activity.py": (
                "test_no_tile_counts_what_was_made_without_what_was_ended",
                "test_home_page_begins_with_who_left_and_ends_with_who_came",
            ),
            "dashboard/test_overview.py": ("test_leavers_come_first_and_an_open_one_is_named",),
        },
    ),
    Row(
        "N2",
        (
            "Who makes a connection may answer what decides between the modes, gets a preset with "
            "the reason, and the answers are kept."
        ),
        tests={
            "admin/test_connection_presets.py": (
                "test_questions_recommend_a_preset_with_the_reason",
                "test_questions_with_an_answer_missing_recommend_nothing",
                "test_questions_are_kept_in_the_event_with_what_was_chosen",
                "test_questions_may_be_left_out",
            ),
        },
        pages=("docs/how-to/dashboard.md#connect-an-identity-provider",),
    ),
    Row(
        "N3",
        "Silence has a limit, to the day.",
        tests={
            "dashboard/test_account_standing.py": ("test_exposure_is_held_against_the_policy",),
            "run/test_stale.py": ("test_stale_account_is_suspended_on_the_day_and_not_before",),
        },
        pages=("docs/how-to/scheduled-run.md#accounts-that-nobody-uses",),
    ),
    Row(
        "N4",
        "Made accounts are never shown without those that left.",
        tests={
            "dashboard/test_activity.py": ("test_no_tile_counts_what_was_made_without_what_was_ended",),
        },
        pages=("docs/how-to/dashboard.md#read-the-overview",),
    ),
    Row(
        "N5",
        "How well accounts match their source: backlog, open exceptions, last comparison.",
        tests={
            "dashboard/test_overview.py": ("test_leavers_come_first_and_an_open_one_is_named",),
        },
        missing=(
            "unfinished removals are counted and named; a comparison with the directory itself, "
            "with match rate and exceptions, comes with reconciliation."
        ),
    ),
    Row(
        "N6",
        "How long a removal took, in percentiles, and which were late and why.",
        tests={
            "reports/test_leavers.py": (
                "test_percentiles_are_those_of_a_plain_sort",
                "test_breach_begins_after_the_limit",
                "test_late_removals_say_why",
            ),
        },
        missing="how long a change of role took in the source is not known to us and not shown.",
    ),
    Row(
        "N7",
        "No success is reported before the effect is durable: the same as C15.",
        tests={
            "lifecycle/test_leaves.py": ("test_revoker_that_cannot_be_rolled_back_runs_after_the_commit",),
        },
    ),
    Row(
        "N8",
        (
            "A person is matched by the stable subject, then by a verified address where the "
            "policy says so, and never by a guess."
        ),
        tests={
            "jit/test_identity.py": (
                "test_user_name_of_a_bound_account_is_refused_to_another_subject",
                "test_email_of_a_bound_account_makes_another_account_for_another_subject",
                "test_email_of_a_pushed_account_binds_only_when_it_is_verified",
                "test_look_alike_of_a_name_never_reaches_the_account",
                "test_two_people_who_fit_are_nobody",
            ),
            "jit/test_linking.py": ("test_local_account_is_not_linked_by_an_email_that_is_not_verified",),
        },
        pages=("docs/how-to/jit-login.md#who-is-who",),
    ),
    Row(
        "N9",
        "A connection of logins alone is warned of until something else removes people.",
        tests={
            "dashboard/test_account_standing.py": (
                "test_login_only_account_without_a_rule_says_that_nothing_ends_it",
            ),
            "run/test_schedule_checks.py": ("test_w001_login_without_a_directory_needs_another_control",),
        },
    ),
    Row(
        "N10",
        (
            "For each connection and stage: what does it, who answers for it, and when it was last"
            " seen to work."
        ),
        tests={
            "dashboard/test_coverage.py": (
                "test_coverage_of_policies",
                "test_every_stage_names_its_owner",
                "test_work_by_hand_counts_only_where_somebody_is_named",
                "test_matrix_names_owner_mechanism_and_what_is_missing",
            ),
        },
        pages=("docs/how-to/dashboard.md#read-the-overview",),
    ),
    Row(
        "N11",
        "One source owns an attribute and a group, and many leaving at once trip a valve.",
        tests={
            "dashboard/test_account_standing.py": ("test_deciders_say_who_wins_for_each_attribute",),
            "dashboard/test_owners.py": (
                "test_pages_agree_who_decides",
                "test_who_decides_is_who_can_change_it",
            ),
            "dashboard/test_user_admin.py": ("test_groups_of_a_connection_stay_whatever_the_form_says",),
            "jit/test_both_doors.py": ("test_login_of_a_managed_person_leaves_the_attributes_alone",),
            "jit/test_policies.py": ("test_group_claims_change_only_groups_that_the_connection_owns",),
            "lifecycle/test_presets.py": ("test_own_group_of_another_connection_is_refused",),
            "lifecycle/test_valve.py": ("test_leave_of_many_halts_the_connection_that_says_so",),
        },
        pages=("docs/how-to/policies.md#the-directory",),
        missing=(
            "a claim that loses against the directory leaves no event of its own, and where two connections "
            "look after one person, the last to speak wins."
        ),
    ),
    Row(
        "N12",
        ("Coverage is a number with the missing cells, and two worst-case times follow from the settings."),
        tests={
            "dashboard/test_coverage.py": (
                "test_coverage_of_policies",
                "test_work_by_hand_counts_only_where_somebody_is_named",
            ),
            "reports/test_access_ends.py": ("test_worst_case_follows_from_the_policies",),
        },
        pages=("docs/how-to/dashboard.md#read-the-overview",),
    ),
    Row(
        "N13",
        (
            "Tokens expire by default, rotate with an overlap, tell when they were used, and end "
            "with their connection; a leave ends the keys of the person."
        ),
        tests={
            "admin/test_tokens.py": (
                "test_rotated_token_says_whether_it_is_safe_to_revoke",
                "test_token_says_its_status_and_how_long_it_lives",
            ),
            "browser/test_journeys_connections.py": (
                "test_connection_is_made_and_its_first_request_arrives",
                "test_token_is_rotated_with_an_overlap_and_revoked",
            ),
            "lifecycle/test_connection_end.py": (
                "test_offboarding_ends_access_for_good_and_revokes_the_tokens",
            ),
            "scim/test_token_life.py": (
                "test_rotation_leaves_both_tokens_working_until_the_overlap_ends",
                "test_token_without_a_lifetime_gets_that_of_the_settings",
            ),
            "scim/test_tokens.py": ("test_last_use_is_written_at_most_once_a_minute",),
            "tokens/test_refused.py": ("test_token_is_dead_after_the_leave_and_after_the_return",),
        },
        pages=("docs/reference/scim.md#tokens",),
    ),
    Row(
        "N14",
        (
            "Accounts of services and for emergencies are told apart, have an owner, and are left "
            "out of the silence rule."
        ),
        tests={
            "admin/test_accounts.py": ("test_account_kind_and_owner_are_written_with_an_event",),
            "dashboard/test_bulk.py": ("test_set_owner_writes_owner_and_event_for_each",),
            "dashboard/test_overview.py": ("test_anomaly_is_counted_and_listed_alike",),
            "run/test_stale.py": ("test_stale_leaves_accounts_that_are_no_people_alone",),
        },
        missing="a date by which the owner has to look again is not kept.",
    ),
    Row(
        "N15",
        (
            "Connections and tokens have a life of their own in the trail, and an inventory that "
            "is a list and a file."
        ),
        tests={
            "admin/test_tokens.py": (
                "test_token_says_its_status_and_how_long_it_lives",
                "test_token_inventory_filters_by_what_its_column_says",
                "test_token_inventory_names_owner_use_and_expiry_and_no_secret",
                "test_token_inventory_changes_nothing_and_is_for_those_who_see_connections",
            ),
            "lifecycle/test_events.py": ("test_event_outlives_its_connection",),
            "management/test_token_commands.py": ("test_list_tokens_shows_status_and_never_the_token",),
        },
        missing="the inventory as part of an evidence pack comes with the pack.",
    ),
    Row(
        "N16",
        "One way to end access for every source of an account and every path.",
        tests={
            "dashboard/test_overview.py": ("test_anomaly_that_must_be_nought_is_an_alarm",),
            "dashboard/test_user_admin.py": ("test_user_made_inactive_leaves_as_a_suspension_by_the_person",),
            "leaving/test_paths.py": ("test_leave_ends_everything_at_once",),
            "lifecycle/test_leaves.py": ("test_unknown_user_whom_the_project_makes_inactive_leaves_too",),
            "lifecycle/test_move.py": (
                "test_offboarding_by_an_administrator_ends_everything_and_reinstating_opens",
                "test_offboarding_reaches_accounts_that_no_connection_knows",
            ),
            "matrix/test_matrix.py": ("test_everything_is_refused_after_the_leave_and_after_the_return",),
            "run/test_jobs.py": ("test_out_of_band_sweep_follows_everybody",),
            "test_example_probes.py": ("test_each_token_is_refused_from_the_deactivation_on",),
            "tokens/test_own_keys.py": ("test_own_keys_end_with_a_leave",),
        },
        pages=(
            "docs/how-to/leaving.md#the-ways-out",
            "docs/reference/leaving-matrix.md",
        ),
        missing="removal by a review and by reconciliation comes with these.",
    ),
    Row(
        "N17",
        ("Every stage that nothing covers is visible, and other controls count for what they cover."),
        tests={
            "dashboard/test_coverage.py": (
                "test_coverage_of_policies",
                "test_every_stage_names_its_owner",
            ),
        },
        pages=("docs/how-to/dashboard.md#read-the-overview",),
    ),
    Row(
        "N18",
        "How often roles change, and from where on a directory should push.",
        missing=(
            "Changes per day are shown for the site; a figure for each connection with advice is not there."
        ),
    ),
    Row(
        "N19",
        "Periodic review of accounts that logins made.",
        missing="Access reviews come in a later version; the sixth stage of the coverage says so.",
    ),
    Row(
        "N20",
        ("A leave takes groups and rights as well, and nothing comes back that is not granted anew."),
        tests={
            "browser/test_journeys_people.py": (
                "test_reinstated_person_comes_in_anew_and_not_by_the_old_cookie",
            ),
            "jit/test_global_revocation.py": ("test_sessions_and_tokens_of_the_person_end",),
            "leaving/test_paths.py": ("test_leave_ends_everything_at_once",),
            "lifecycle/test_leave.py": ("test_rejoin_gives_no_group_back",),
            "lifecycle/test_leaving_races.py": ("test_default_groups_go_with_the_connection_that_gave_them",),
            "lifecycle/test_rejoin.py": ("test_return_restores_no_flag_group_session_or_password",),
            "selftest/test_command.py": ("test_selftest_sound_project_passes_on_every_way",),
            "tokens/test_origins.py": ("test_end_of_one_connection_ends_its_tokens_of_every_kind",),
        },
        pages=("docs/how-to/leaving.md#who-brings-a-person-back",),
    ),
    Row(
        "N21",
        ("Nothing waits for an administrator: the directory, the provider or the scheduled run ends access."),
        tests={
            "jit/test_back_channel.py": ("test_subject_of_the_token_loses_every_session",),
            "jit/test_back_channel_hostile.py": (
                "test_claims_that_break_a_rule",
                "test_signatures_and_types_that_prove_nothing",
            ),
            "jit/test_global_revocation.py": (
                "test_claims_that_break_a_rule",
                "test_signatures_and_types_that_prove_nothing",
            ),
            "jit/test_saml_logout_hostile.py": (
                "test_request_that_breaks_a_rule",
                "test_unsigned_request",
                "test_document_that_is_not_what_was_signed",
                "test_parameter_beside_the_signed_ones",
                "test_bomb_is_not_inflated",
            ),
            "lifecycle/test_connection_end.py": ("test_disabled_and_deleted_while_a_login_made_the_account",),
            "run/test_schedule.py": ("test_run_writes_a_row_for_every_job",),
        },
        pages=("docs/how-to/scheduled-run.md",),
    ),
    Row(
        "N22",
        "Every request is judged, not only the login.",
        tests={
            "guard/test_async.py": ("test_asgi_site_refuses_the_inactive",),
            "guard/test_refusals.py": ("test_inactive_user_is_refused_at_the_next_request_and_for_good",),
            "guard/test_sessions.py": ("test_session_age_holds_whatever_the_project_does_to_the_cookie",),
            "jit/test_global_revocation.py": ("test_reach_ends_where_the_connections_say_ends",),
        },
        pages=("docs/how-to/guard.md",),
    ),
    Row(
        "N23",
        "One timeline from the first to the last event of an account.",
        tests={
            "browser/test_journeys_people.py": ("test_person_is_offboarded_and_the_trail_shows_it",),
            "dashboard/test_account_page.py": ("test_timeline_shows_before_and_after",),
            "dashboard/test_account_standing.py": ("test_timeline_leads_to_request_and_batch",),
            "lifecycle/test_out_of_band.py": ("test_deletion_of_an_unknown_user_is_recorded_too",),
        },
        missing="decisions of reviews will join it with the reviews.",
    ),
    Row(
        "N24",
        "An account that no directory pushes is never called in sync.",
        tests={
            "dashboard/test_account_page.py": (
                "test_account_that_no_directory_pushes_is_not_called_in_sync",
            ),
            "dashboard/test_account_standing.py": ("test_login_only_account_says_when_it_was_last_asserted",),
        },
    ),
    Row(
        "N25",
        "A map of controls with the right identifiers.",
        missing="The map is part of the evidence pack of a later version.",
    ),
    Row(
        "N26",
        "Suspending, deprovisioning, deleting and erasing are different acts.",
        tests={
            "lifecycle/test_leave.py": ("test_delete_with_erasure_removes_the_user_and_keeps_the_trail",),
            "lifecycle/test_rejoin.py": (
                "test_transition",
                "test_suspension_of_who_has_left_writes_nothing",
            ),
        },
        pages=("docs/how-to/leaving.md#the-ways-out",),
    ),
)
