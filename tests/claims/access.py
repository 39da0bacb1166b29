"""Rows C: what is said when logins and directories are compared."""

from __future__ import annotations

from tests.claims.row import Row

ROWS = (
    Row(
        "C1",
        (
            "Logins alone, a directory alone, or both, chosen for each connection, over SAML and "
            "OpenID Connect."
        ),
        tests={
            "jit/test_both_doors.py": (
                "test_preset_jit_only_lets_each_login_refresh_the_account",
                "test_preset_jit_then_scim_hands_the_account_over",
                "test_preset_scim_authoritative_lets_in_only_whom_the_directory_pushed",
            ),
        },
        pages=("docs/how-to/policies.md#presets",),
    ),
    Row(
        "C2",
        (
            "The first login makes the account from the claims and logs the person in, in one "
            "request and with one event."
        ),
        tests={
            "jit/test_first_login.py": ("test_first_login_of_a_stranger_makes_an_account",),
        },
        pages=("docs/how-to/jit-login.md#what-fills-the-account",),
    ),
    Row(
        "C3",
        (
            "No account before the first login, and a switch per connection that refuses strangers"
            " by name of the reason."
        ),
        tests={
            "jit/test_policies.py": ("test_stranger_is_refused_unless_the_connection_makes_accounts",),
            "lifecycle/test_presets.py": ("test_preset_first_login_of_a_stranger",),
        },
    ),
    Row(
        "C4",
        (
            "What a later login changes is a rule for each attribute, and where a directory looks "
            "after the account its value wins."
        ),
        tests={
            "admin/test_connections.py": ("test_connection_page_says_the_effective_rule_in_words",),
            "dashboard/test_account_standing.py": ("test_deciders_say_who_wins_for_each_attribute",),
            "dashboard/test_owners.py": ("test_connection_page_says_of_logins_what_the_account_page_says",),
            "dashboard/test_policies_in_words.py": (
                "test_attribute_rule_says_who_wins",
                "test_attribute_rule_that_no_claim_reaches_is_a_gap",
            ),
            "dashboard/test_setup_docs.py": (
                "test_configure_connection_without_options_says_the_rules_in_words",
            ),
            "dashboard/test_user_admin.py": ("test_what_each_login_sets_is_read_only",),
            "jit/test_both_doors.py": ("test_login_of_a_managed_person_leaves_the_attributes_alone",),
            "jit/test_policies.py": (
                "test_later_login_brings_what_the_sync_rules_let_in",
                "test_local_edit_survives_a_login_that_never_syncs",
            ),
        },
        pages=("docs/how-to/policies.md#what-a-login-changes",),
    ),
    Row(
        "C5",
        "Somebody whom the directory pushed is an ordinary user at once, before any login.",
        tests={
            "claims/test_without_login.py": ("test_pushed_person_can_be_referred_to_before_any_login",),
            "lifecycle/test_join.py": ("test_join_inactive_is_staged_until_the_directory_activates",),
        },
    ),
    Row(
        "C6",
        ("Where nothing would remove an account, its page and the coverage of its connection say so."),
        tests={
            "dashboard/test_account_standing.py": (
                "test_login_only_account_without_a_rule_says_that_nothing_ends_it",
            ),
            "dashboard/test_coverage.py": ("test_coverage_of_policies",),
        },
        pages=("docs/how-to/dashboard.md#read-the-overview",),
    ),
    Row(
        "C7",
        (
            "A leave ends live sessions and not only the next login; the age of sessions is a "
            "policy of the connection."
        ),
        tests={
            "browser/test_journeys_people.py": (
                "test_reinstated_person_comes_in_anew_and_not_by_the_old_cookie",
            ),
            "dashboard/test_bulk.py": ("test_revoke_now_ends_what_left_accounts_hold_and_changes_no_state",),
            "jit/test_sessions.py": (
                "test_session_ends_when_the_connection_says",
                "test_saml_session_ends_when_the_idp_says",
            ),
            "lifecycle/test_leave_sessions.py": (
                "test_old_cookie_is_dead_after_a_leave_and_after_the_return",
            ),
        },
    ),
    Row(
        "C8",
        "Accounts that nobody vouches for are counted, listed and offboarded together.",
        tests={
            "admin/test_accounts.py": ("test_offboard_action_ends_access_of_all_under_one_batch_id",),
            "dashboard/test_account_standing.py": ("test_account_that_nobody_vouches_for_says_so",),
            "dashboard/test_overview.py": ("test_anomaly_is_counted_and_listed_alike",),
        },
        pages=("docs/how-to/dashboard.md#read-the-overview",),
    ),
    Row(
        "C9",
        "Users, groups and discovery answer as the RFCs say, to independent checkers as well.",
        tests={
            "conformance/test_oracles.py": (
                "test_scim2_tester_with_discovered_schemas_succeeds",
                "test_scim2_tester_with_the_rfcs_schemas_succeeds",
                "test_scim_sanity_probe_finds_no_failure",
            ),
            "idp/test_replays.py": ("test_story_on_a_connection_of_its_idp_ends_as_the_idp_requires",),
        },
        pages=("docs/reference/compliance.md",),
    ),
    Row(
        "C10",
        (
            "Bearer tokens are kept as digests, and plain HTTP is refused where it is configured "
            "and warned of where it is not."
        ),
        tests={
            "scim/test_token_life.py": ("test_database_holds_only_the_digest",),
            "scim/test_tokens.py": ("test_https_required_refuses_plain_http",),
            "test_checks.py": ("test_scim_over_plain_http_is_a_warning",),
        },
        pages=("docs/reference/scim.md#tokens",),
    ),
    Row(
        "C11",
        "No step of a directory needs a session or a login of the person.",
        tests={
            "claims/test_without_login.py": ("test_whole_life_needs_no_login",),
            "lifecycle/test_join.py": ("test_join_inactive_is_staged_until_the_directory_activates",),
        },
    ),
    Row(
        "C12",
        (
            "Every event is that of a joiner, a mover, a leaver or none of them, and the totals of"
            " the page are those of the trail."
        ),
        tests={
            "dashboard/test_overview.py": ("test_chart_is_said_in_words_and_as_a_table",),
            "lifecycle/test_events.py": ("test_event_belongs_to_a_phase",),
        },
    ),
    Row(
        "C13",
        "Access of the new person is there on day one.",
        tests={
            "claims/test_without_login.py": (
                "test_group_that_is_pushed_with_its_people_gives_access_on_day_one",
                "test_group_push_of_nobody_but_strangers_is_recorded",
                "test_member_who_is_pushed_after_the_group_joins_when_the_directory_repeats_it",
            ),
            "lifecycle/test_memberships.py": ("test_unknown_members_are_left_out_and_named",),
        },
    ),
    Row(
        "C14",
        "What the directory takes away is gone on the next request, without a new login.",
        tests={
            "claims/test_without_login.py": (
                "test_role_that_the_directory_takes_away_is_gone_on_the_next_request",
            ),
            "lifecycle/test_memberships.py": ("test_membership_takes_effect_on_permissions_at_once",),
        },
    ),
    Row(
        "C15",
        (
            "The answer to the directory goes out after the commit and after sessions and tokens "
            "have ended, for that person and nobody else."
        ),
        tests={
            "browser/test_journeys_people.py": ("test_person_is_offboarded_and_the_trail_shows_it",),
            "guard/test_refusals.py": ("test_user_model_without_session_hash_is_guarded",),
            "guard/test_rest_framework.py": (
                "test_credential_from_before_the_leave_stays_dead_after_the_return",
            ),
            "jit/test_back_channel.py": ("test_session_of_another_connection_is_out_of_reach",),
            "jit/test_global_revocation.py": ("test_person_of_another_connection_is_not_known",),
            "jit/test_saml_logout_hostile.py": (
                "test_request_that_another_idp_signed",
                "test_request_of_another_idp_for_the_same_name",
            ),
            "leaving/test_paths.py": ("test_leave_ends_everything_at_once",),
            "lifecycle/test_leave_sessions.py": (
                "test_old_cookie_is_dead_after_a_leave_and_after_the_return",
            ),
            "lifecycle/test_leaves.py": ("test_revoker_that_cannot_be_rolled_back_runs_after_the_commit",),
            "lifecycle/test_sign_out.py": ("test_connection_ends_its_own_sessions_only",),
            "matrix/test_matrix.py": ("test_everything_is_refused_after_the_leave_and_after_the_return",),
            "reports/test_leavers.py": ("test_percentiles_are_those_of_a_plain_sort",),
            "tokens/test_channels.py": ("test_open_socket_closes_when_the_person_leaves",),
            "tokens/test_many.py": ("test_leave_of_somebody_with_a_thousand_of_each_stays_in_its_budget",),
            "tokens/test_refused.py": ("test_token_is_dead_after_the_leave_and_after_the_return",),
        },
        pages=("docs/how-to/scheduled-run.md#how-soon-access-ended",),
    ),
    Row(
        "C16",
        (
            "What a leave ends is documented, done by a registry of revokers, and proven on demand"
            " by a self-test."
        ),
        tests={
            "browser/test_journeys_people.py": (
                "test_person_is_offboarded_and_the_trail_shows_it",
                "test_reinstated_person_comes_in_anew_and_not_by_the_old_cookie",
            ),
            "crash/test_kill.py": ("test_one_run_after_the_death_leaves_nothing_open",),
            "guard/test_refusals.py": ("test_leave_of_one_tenant_ends_its_sessions_and_no_other",),
            "jit/test_back_channel.py": ("test_session_of_the_token_ends_at_the_next_request",),
            "jit/test_global_revocation.py": ("test_sessions_and_tokens_of_the_person_end",),
            "jit/test_saml_logout.py": ("test_request_ends_the_named_session_in_whatever_browser",),
            "leaving/test_paths.py": ("test_leave_ends_everything_at_once",),
            "lifecycle/test_leave.py": ("test_leave_ends_access_and_counts_it",),
            "lifecycle/test_sign_out.py": (
                "test_everywhere_ends_every_session_even_one_that_nobody_indexed",
            ),
            "matrix/test_matrix.py": ("test_everything_is_refused_after_the_leave_and_after_the_return",),
            "run/test_jobs.py": ("test_revocation_that_failed_is_repeated_when_due_and_closes_the_leave",),
            "selftest/test_command.py": ("test_selftest_sound_project_passes_on_every_way",),
            "selftest/test_deployed.py": ("test_deployed_site_is_proven_from_outside",),
            "test_example_probes.py": ("test_each_token_is_refused_from_the_deactivation_on",),
            "test_example_single_sign_on.py": (
                "test_logout_at_the_openid_provider_ends_the_session_at_the_site",
                "test_saml_idp_ends_sessions_without_any_browser",
            ),
            "tokens/test_own_keys.py": ("test_own_keys_end_with_a_leave",),
            "tokens/test_refused.py": ("test_token_is_dead_after_the_leave_and_after_the_return",),
        },
        pages=(
            "docs/how-to/prove-it.md",
            "docs/reference/leaving-matrix.md",
        ),
    ),
    Row(
        "C17",
        (
            "An edit by hand of what a directory owns is refused on the page of the user, and is "
            "found and counted where it came another way."
        ),
        tests={
            "dashboard/test_account_page.py": ("test_local_edit_of_a_pushed_attribute_is_drift",),
            "dashboard/test_local_edits.py": (
                "test_edits_that_were_never_compared_are_not_said_to_be_none",
                "test_edit_is_found_by_the_scheduled_run_and_listed",
            ),
            "dashboard/test_owners.py": ("test_drift_is_every_difference_from_a_push",),
            "dashboard/test_user_admin_attacks.py": (
                "test_pushed_value_that_commits_meanwhile_is_not_saved_away",
            ),
            "dashboard/test_user_admin.py": (
                "test_crafted_answer_for_an_owned_field_is_refused",
                "test_edit_past_the_page_is_shown_as_drift",
                "test_owned_cell_of_an_editable_list_is_disabled_and_refused",
            ),
        },
    ),
    Row(
        "C18",
        "Answers for a security questionnaire that can be copied, each tied to a proof.",
        tests={
            "claims/test_answers.py": ("test_answers_for_a_review_lead_to_rows_that_are_proven",),
        },
        pages=("docs/explanation/questions.md#answers-for-a-security-review",),
    ),
    Row(
        "C19",
        ("A managed account has no password to log in with, and a leave ends keys and passwords."),
        tests={
            "claims/test_without_login.py": (
                "test_pushed_person_has_no_password_to_log_in_with",
                "test_local_password_is_dead_after_the_leave_and_after_the_return",
            ),
            "dashboard/test_user_admin.py": ("test_sso_managed_account_gets_no_local_password",),
            "dashboard/test_user_admin_attacks.py": ("test_no_name_of_a_button_sets_a_local_password",),
            "lifecycle/test_join.py": ("test_join_of_a_stranger_makes_user_account_and_identity",),
        },
        missing=(
            "the page of the user refuses a password; code of the project and the command "
            "changepassword can still set one, which works until the leave."
        ),
    ),
    Row(
        "C20",
        "No figure of somebody else is quoted.",
        tests={
            "claims/test_answers.py": ("test_page_quotes_no_survey",),
        },
    ),
    Row(
        "C21",
        (
            "Many tenants apart, one tenant in minutes, and people from before the install adopted"
            " after a rehearsal."
        ),
        tests={
            "browser/test_journeys_connections.py": (
                "test_connection_is_made_and_its_first_request_arrives",
            ),
            "dashboard/test_commands.py": ("test_adopt_without_apply_writes_nothing_and_counts_alike",),
            "scim/test_tenants.py": (
                "test_route_answers_a_foreign_id_like_an_unknown_one",
                "test_reads_of_a_tenant_do_not_change_with_another_one",
            ),
            "tokens/test_many.py": ("test_leave_of_one_connection_ends_a_thousand_of_its_tokens_only",),
        },
        pages=("README.md#60-seconds",),
    ),
    Row(
        "C22",
        (
            "What each identity provider does differently is replayed from its documented "
            "exchanges, and what it asked here can be looked up."
        ),
        tests={
            "dashboard/test_requests.py": ("test_request_is_noted_with_what_a_mistake_is_found_by",),
            "dashboard/test_setup_page.py": ("test_setup_page_says_what_matters_at_this_product",),
            "idp/test_replays.py": (
                "test_story_on_a_connection_of_its_idp_ends_as_the_idp_requires",
                "test_story_on_a_generic_connection_ends_the_same",
            ),
        },
        missing=(
            "the exchanges are those that the vendors document; none was recorded against a paid tenant."
        ),
    ),
    Row(
        "C23",
        "Every event says who caused it, and the database refuses one that does not.",
        tests={
            "lifecycle/test_events.py": ("test_event_without_an_actor_is_refused_by_the_database",),
            "models/test_constraints.py": ("test_event_has_an_actor_and_a_type",),
        },
    ),
    Row(
        "C24",
        ("May sign in, is active, holds sessions and is managed by: separate facts, shown apart."),
        tests={
            "admin/test_accounts.py": ("test_account_list_shows_every_source",),
            "browser/test_journeys_people.py": ("test_source_of_each_account_stands_in_the_list",),
            "dashboard/test_account_page.py": (
                "test_account_page_shows_each_kind_of_access_and_how_much_is_held",
                "test_account_list_has_the_columns_and_counts_sessions",
            ),
            "dashboard/test_account_standing.py": (
                "test_page_answers_four_questions_separately",
                "test_account_without_a_way_in_is_still_active",
                "test_list_tells_who_can_sign_in_from_who_is_active",
            ),
            "dashboard/test_overview.py": (
                "test_anomaly_that_must_be_nought_is_an_alarm",
                "test_accounts_are_counted_by_origin_and_by_manager",
            ),
            "dashboard/test_user_admin.py": (
                "test_source_says_where_an_account_came_from_and_who_looks_after_it",
            ),
            "lifecycle/test_leave_sessions.py": ("test_login_after_the_leave_is_refused",),
        },
    ),
    Row(
        "C25",
        (
            "A connection is SCIM, a login, or both, and a person is linked by a stable key "
            "whatever the protocol."
        ),
        tests={
            "jit/test_both_doors.py": (
                "test_push_after_a_first_login_takes_over_the_same_account",
                "test_first_login_of_a_pushed_person_binds_the_subject",
            ),
            "quickstart/test_without_sso_libraries.py": ("test_scim_passes_without_sso_libraries",),
        },
    ),
    Row(
        "C26",
        "Where the directory decides who exists, a login neither makes nor revives anybody.",
        tests={
            "dashboard/test_explain_page.py": ("test_login_of_who_has_left_is_explained_as_refused",),
            "jit/test_both_doors.py": (
                "test_login_of_somebody_who_left_is_refused_and_changes_nothing",
                "test_preset_scim_authoritative_lets_in_only_whom_the_directory_pushed",
            ),
            "lifecycle/test_group_rule.py": ("test_return_to_the_group_revives_nobody_who_left_otherwise",),
            "lifecycle/test_rejoin.py": ("test_transition",),
        },
        pages=("docs/how-to/policies.md#presets",),
    ),
    Row(
        "C27",
        "Short sessions and suspension for silence are settings that count as controls.",
        tests={
            "dashboard/test_coverage.py": (
                "test_coverage_of_policies",
                "test_stage_counts_only_while_it_is_seen_to_work",
            ),
            "run/test_schedule_checks.py": ("test_w001_login_without_a_directory_needs_another_control",),
            "run/test_stale.py": ("test_stale_suspension_is_a_whole_leave_by_the_policy",),
        },
        pages=("docs/how-to/policies.md#the-directory",),
        missing="the cadence of reviews comes with the reviews.",
    ),
    Row(
        "C28",
        "Evidence for the controls of the frameworks, as one pack.",
        missing=(
            "The evidence pack comes in a later version; reports and the trail can be exported until then."
        ),
    ),
    Row(
        "C29",
        ("A signed self-test that can be handed to a customer, and nothing held back by size or plan."),
        tests={
            "lifecycle/test_evidence.py": ("test_stored_proof_holds_and_names_its_key",),
            "selftest/test_command.py": (
                "test_selftest_sound_project_passes_on_every_way",
                "test_selftest_verify_finds_a_changed_proof",
            ),
        },
        pages=("docs/how-to/prove-it.md#the-proof",),
        missing="no published load figures for 100,000 people in one connection.",
    ),
    Row(
        "C30",
        (
            "A request that is sent again changes nothing and doubles no event, and a limit "
            "answers with the time to wait."
        ),
        tests={
            "crash/test_kill.py": ("test_request_sent_again_ends_with_everybody_out_and_one_event_each",),
            "idp/test_replays.py": ("test_story_with_every_write_sent_twice_ends_the_same",),
            "lifecycle/test_groups.py": ("test_rename_to_the_same_writes_nothing",),
            "lifecycle/test_move.py": ("test_move_to_the_same_writes_no_event_and_no_revision",),
            "lifecycle/test_rejoin.py": ("test_departure_during_a_suspension_is_recorded_once",),
            "scim/test_throttling.py": (
                "test_throttle_answers_429_with_retry_after_and_forgets_with_the_window",
            ),
        },
    ),
    Row(
        "C31",
        ("Logins first, a directory later: the push adopts the account and keeps its key and its history."),
        tests={
            "dashboard/test_user_admin.py": (
                "test_source_says_where_an_account_came_from_and_who_looks_after_it",
            ),
            "jit/test_both_doors.py": ("test_push_after_a_first_login_takes_over_the_same_account",),
            "lifecycle/test_join.py": ("test_join_of_a_login_made_account_adopts_it",),
            "lifecycle/test_presets.py": ("test_preset_jit_then_scim_push_adopts_the_account_of_a_login",),
        },
    ),
    Row(
        "C32",
        "Presets for the usual situations, each with what it does in words.",
        tests={
            "dashboard/test_policies_in_words.py": ("test_preset_in_words_is_the_text_on_file",),
            "jit/test_both_doors.py": (
                "test_preset_jit_only_lets_each_login_refresh_the_account",
                "test_preset_jit_then_scim_hands_the_account_over",
                "test_preset_scim_authoritative_lets_in_only_whom_the_directory_pushed",
            ),
            "lifecycle/test_presets.py": (
                "test_presets_have_stable_names",
                "test_preset_first_login_of_a_stranger",
                "test_preset_offboarding_first_lets_the_directory_end_what_a_login_made",
            ),
        },
        pages=("docs/how-to/policies.md#presets",),
    ),
    Row(
        "C33",
        "When a directory was last heard of is shown, and a silent connection says so.",
        tests={
            "admin/test_accounts.py": ("test_account_list_shows_the_latest_login_and_sync",),
            "admin/test_connections.py": ("test_connection_page_tells_its_health",),
            "dashboard/test_overview.py": ("test_connection_health_names_what_is_not_well",),
        },
        pages=("docs/how-to/dashboard.md#read-the-overview",),
    ),
    Row(
        "C34",
        "A comparison that is honest, and a way out with the data.",
        tests={
            "browser/test_journeys_people.py": ("test_filtered_list_and_its_files_agree",),
            "dashboard/test_exports.py": ("test_export_has_as_many_rows_as_the_list",),
        },
        pages=("docs/explanation/questions.md#should-we-build-it-or-buy-it",),
        missing="lists leave as CSV and JSON lines; an import of such files is not there.",
    ),
    Row(
        "C35",
        "The questions that are always asked, answered.",
        tests={
            "claims/test_answers.py": ("test_questions_that_are_always_asked_have_an_answer",),
        },
        pages=("docs/explanation/questions.md",),
        missing="the pages that are empty do not lead there.",
    ),
    Row(
        "C36",
        "SCIM works where no SSO library is installed.",
        tests={
            "quickstart/test_without_sso_libraries.py": (
                "test_package_imports_without_sso_libraries",
                "test_scim_passes_without_sso_libraries",
            ),
        },
    ),
    Row(
        "C37",
        ("Accounts at login need a few lines of settings: no URL for a directory, no token, no worker."),
        tests={
            "quickstart/test_jit_login.py": (
                "test_openid_quick_start_logs_somebody_in_and_refuses_once_deactivated",
                "test_saml_quick_start_logs_somebody_in",
            ),
        },
        pages=("docs/how-to/jit-login.md",),
    ),
    Row(
        "C38",
        "Groups belong to a connection; a local group of the same name is never taken over.",
        tests={
            "claims/test_without_login.py": (
                "test_group_that_is_pushed_with_its_people_gives_access_on_day_one",
            ),
            "jit/test_policies.py": ("test_group_claims_change_only_groups_that_the_connection_owns",),
            "lifecycle/test_groups.py": (
                "test_create_of_a_local_name_is_refused",
                "test_create_of_another_tenants_name_gets_a_suffix",
            ),
        },
    ),
    Row(
        "C39",
        "Cost per request stays bounded in large tenants.",
        tests={
            "dashboard/test_user_admin.py": (
                "test_list_costs_two_queries_more_than_without_the_mixin",
                "test_editable_list_asks_nothing_for_each_row",
            ),
            "lifecycle/test_memberships.py": ("test_cost_of_a_delta_is_counted_in_batches",),
            "scim/test_query_budgets.py": (
                "test_list_of_users_costs_four_whatever_its_size",
                "test_member_change_costs_eight_in_a_large_group_and_is_204",
            ),
            "scim/test_throttling.py": (
                "test_throttle_answers_429_with_retry_after_and_forgets_with_the_window",
            ),
        },
    ),
    Row(
        "C40",
        "Leavers stand first on the overview.",
        tests={
            "dashboard/test_activity.py": ("test_home_page_begins_with_who_left_and_ends_with_who_came",),
            "dashboard/test_overview.py": ("test_leavers_come_first_and_an_open_one_is_named",),
        },
    ),
    Row(
        "C41",
        "No feature is gated, and the documentation says what each version has.",
        pages=("docs/explanation/questions.md#what-does-it-cost-and-what-is-left-out",),
        missing="the changelog says what a version brought; there is no table of versions yet.",
    ),
)
