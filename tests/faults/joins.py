"""Faults of joins and tables in the warehouse: what a changed query or a half-finished build does."""

from __future__ import annotations

from collections.abc import Callable

from tests.faults.model import Fault, Severity
from tests.faults.warehouse import Sql

_FORWARD, _BACK = "int_lsoa_2011_to_2021_weights", "int_lsoa_2021_to_2011_weights"


def join_faults() -> tuple[Fault, ...]:
    """Return the faults of joins, weights, harm and built tables."""
    return (*_joins(), *_weights(), *_tables(), *_benign())


def _fault(corrupts: str) -> Callable[..., Fault]:
    def fault(
        name: str, story: str, table: str, statement: str, rule: str, severity: Severity = "critical"
    ) -> Fault:
        return Fault(name, "warehouse", corrupts, story, Sql(table, (statement,)), rule, severity)

    return fault


def _joins() -> tuple[Fault, ...]:
    fault = _fault("joins")
    return (
        fault(
            "join_fans_out",
            "A join to a look-up with two rows for some areas doubles their crimes.",
            "fct_crimes",
            "insert into fct_crimes from fct_crimes where right(lsoa_code, 1) = '3'",
            "unique_combination_fct_crimes_crime_record_id__crime_month",
        ),
        fault(
            "join_drops_unmatched_crimes",
            "An inner join where a left join was meant loses every crime without a place.",
            "fct_crimes",
            "delete from fct_crimes where lsoa_code is null",
            "assert_facts_keep_every_staged_row",
        ),
        fault(
            "direct_join_to_older_areas",
            "Codes of 2021 are joined to areas of 2011: what happened in changed areas is lost.",
            "fct_crimes",
            "delete from fct_crimes where lsoa_code not in (select lsoa_2011_code from stg_ons__lsoa_lookup)",
            "assert_totals_equal_those_landed",
        ),
        fault(
            "join_drops_outcomes_of_older_crimes",
            "Outcomes are joined to the window's crimes, and those of earlier crimes are lost.",
            "fct_outcomes",
            "delete from fct_outcomes where crime_id not in "
            "(select crime_id from fct_crimes where crime_id is not null)",
            "assert_facts_keep_every_staged_row",
        ),
        fault(
            "repeated_stops_dropped",
            "A 'distinct' takes equal searches for one search.",
            "fct_stops",
            "delete from fct_stops where source_row % 10 = 0",
            "assert_facts_keep_every_staged_row",
        ),
        fault(
            "month_counted_twice",
            "A month is appended again in place of being replaced.",
            "stg_police_uk__street",
            "insert into stg_police_uk__street from stg_police_uk__street "
            "where partition_month = (select max(partition_month) from stg_police_uk__street)",
            "unique_combination_fct_crimes_crime_record_id__crime_month",
        ),
        fault(
            "months_cancel_out",
            "One month is dropped and another doubled: every total still adds up.",
            "fct_crimes",
            "update fct_crimes set crime_month = crime_month - interval 1 month "
            "where crime_month = (select max(crime_month) from fct_crimes)",
            "assert_totals_equal_those_landed",
        ),
        fault(
            "area_of_no_dimension",
            "An area's code is mistyped in a correction and matches no area.",
            "fct_crimes",
            "update fct_crimes set lsoa_code = 'E01999999' where source_row = 3",
            "relationships_fct_crimes_lsoa_code__lsoa_code__ref_dim_lsoa_",
        ),
        fault(
            "place_lost_behind_its_method",
            "The area is lost after the point had been placed.",
            "fct_crimes",
            "update fct_crimes set lsoa_code = null where source_row = 3",
            "every_located_crime_has_an_lsoa",
        ),
        fault(
            "area_twice_in_the_dimension",
            "Two names of one ward give its areas two rows.",
            "dim_lsoa",
            "insert into dim_lsoa from dim_lsoa limit 2",
            "unique_dim_lsoa_lsoa_code",
        ),
        fault(
            "calendar_lacks_a_month",
            "The calendar ends a month before the data.",
            "dim_month",
            "delete from dim_month where calendar_month = (select max(calendar_month) from dim_month)",
            "relationships_fct_crimes_crime_month__calendar_month__ref_dim_month_",
        ),
        fault(
            "outcome_before_its_crime",
            "Outcomes are linked to crimes that have not happened yet: an ID has been used again.",
            "fct_outcomes",
            "update fct_outcomes set outcome_month = outcome_month - interval 13 month "
            "where crime_id in (select crime_id from fct_crimes) and source_row < 60",
            "no_outcome_precedes_its_crime",
            "warning",
        ),
        fault(
            "not_stated_counted_as_a_group",
            "People whose ethnicity is not stated are counted as the group 'Other'.",
            "ethnic_groups",
            "update ethnic_groups set ethnic_group = 'Other', is_stated = true where not is_stated",
            "assert_not_stated_is_no_group",
        ),
    )


def _weights() -> tuple[Fault, ...]:
    fault = _fault("weights")
    return (
        fault(
            "weights_lose_people",
            "The shares of a split area are rounded down.",
            _FORWARD,
            f"update {_FORWARD} set count_weight = floor(count_weight * 10) / 10 where count_weight < 1",
            "assert_boundary_weights_conserve",
        ),
        fault(
            "weights_missing_for_a_child",
            "A child of a split area has no weight, and its share is lost.",
            _FORWARD,
            f"delete from {_FORWARD} where count_weight = (select min(count_weight) from {_FORWARD})",
            "assert_boundary_weights_conserve",
        ),
        fault(
            "weights_back_count_twice",
            "Each parent of a merged area is given the whole of it.",
            _BACK,
            f"update {_BACK} set count_weight = 1",
            "assert_reverse_boundary_weights_conserve",
        ),
        fault(
            "harm_weight_missing",
            "A category is left out of a weight scheme: its crimes would count as no harm.",
            "harm_weights",
            "delete from harm_weights where scheme = 'seed_article' and category = 'Burglary'",
            "assert_every_scheme_weighs_every_category",
        ),
        fault(
            "harm_weight_of_an_unknown_category",
            "A weight is given to a category that is spelt otherwise in the files.",
            "harm_weights",
            "update harm_weights set category = 'Bike theft' where category = 'Bicycle theft'",
            "relationships_harm_weights_category__crime_type__ref_crime_types_",
        ),
        fault(
            "harm_weight_negative",
            "A weight is entered with a minus sign.",
            "harm_weights",
            "update harm_weights set days = -days where scheme = 'seed_article' and category = 'Robbery'",
            "a_cell_has_records_and_no_negative_harm",
        ),
        fault(
            "harm_scheme_gone",
            "The scheme in use is renamed in the table of weights.",
            "harm_weights",
            "update harm_weights set scheme = 'article' where scheme = 'seed_article'",
            "assert_active_harm_scheme_exists",
        ),
        fault(
            "harm_zero_for_want_of_a_weight",
            "A coalesce gives crimes without a weight a harm of nothing.",
            "fct_crimes",
            "update fct_crimes set harm_days = 0 where crime_type = 'Burglary'",
            "assert_harm_is_the_weight_of_its_category",
        ),
    )


def _tables() -> tuple[Fault, ...]:
    fault = _fault("warehouse tables")
    return (
        fault(
            "table_of_yesterday",
            "A build stops halfway, and a table still lacks the newest month.",
            "mart_harm_force_month",
            "delete from mart_harm_force_month "
            "where crime_month = (select max(crime_month) from mart_harm_force_month)",
            "assert_aggregates_add_up",
        ),
        fault(
            "area_table_of_yesterday",
            "The totals by area are of an earlier build.",
            "mart_crime_area_month",
            "delete from mart_crime_area_month "
            "where crime_month = (select max(crime_month) from mart_crime_area_month)",
            "assert_area_totals_add_up",
        ),
        fault(
            "rate_per_hundred",
            "A rate is worked out by 100 residents in one place and by 1,000 in another.",
            "fct_crime_lsoa_month",
            "update fct_crime_lsoa_month set crime_rate_per_1000 = crime_rate_per_1000 / 10",
            "a_rate_is_its_count_over_its_residents",
        ),
        fault(
            "share_over_one",
            "Shares are added up over two schemes.",
            "mart_harm_ranking",
            "update mart_harm_ranking set harm_cumulative_share = harm_cumulative_share * 2",
            "a_share_is_no_more_than_all",
        ),
        fault(
            "part_greater_than_the_whole",
            "The unlocated are counted over another window than the crimes.",
            "mart_harm_force_month",
            "update mart_harm_force_month set unlocated_count = crime_count + 1 "
            "where force_slug = 'eastvale'",
            "parts_are_no_more_than_the_whole",
        ),
        fault(
            "more_outcomes_than_stops",
            "A stop with two outcomes is counted twice among those without further action.",
            "mart_stops_ethnicity",
            "update mart_stops_ethnicity set no_further_action_count = stop_count + 1",
            "outcomes_are_no_more_than_stops",
        ),
        fault(
            "correlation_over_one",
            "A covariance is published for a correlation.",
            "mart_harm_scheme_sensitivity",
            "update mart_harm_scheme_sensitivity set rank_correlation = rank_correlation * 75",
            "agreement_lies_within_its_bounds",
        ),
        fault(
            "ethnic_group_lost_from_an_audit",
            "An inner join drops the group of which no search was made, and its rate of 0 with it.",
            "mart_stops_ethnicity",
            "delete from mart_stops_ethnicity where ethnic_group = 'Mixed' and force_slug = 'eastvale'",
            "assert_every_group_is_audited",
        ),
        fault(
            "group_of_no_census",
            "A group of another form stands in the table of searches.",
            "mart_stops_ethnicity",
            "update mart_stops_ethnicity set ethnic_group = 'Chinese' where ethnic_group = 'Asian'",
            "accepted_values_mart_stops_ethnicity_ethnic_group__Asian__Black__Mixed__White__Other__Not_stated",
        ),
        fault(
            "gap_without_a_reason",
            "A missing month is listed, and nobody says why.",
            "audit_coverage",
            "update audit_coverage set status = 'absent', reason = null where month = '2024-12'",
            "every_gap_has_a_reason",
        ),
        fault(
            "quarantine_emptied",
            "Rejected records are deleted, and what landed no longer adds up.",
            "audit_row_reconciliation",
            "update audit_row_reconciliation set landed_count = landed_count + 3 where month = '2024-12'",
            "assert_rows_reconcile",
        ),
    )


def _benign() -> tuple[Fault, ...]:
    return (
        Fault(
            "rows_in_another_order",
            "warehouse",
            "warehouse tables",
            "A build writes the same rows in another order.",
            Sql(
                "fct_crimes",
                ("create or replace table fct_crimes as from fct_crimes order by crime_record_id desc",),
            ),
        ),
    )
