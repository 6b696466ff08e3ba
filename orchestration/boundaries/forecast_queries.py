"""The frames by which forecasts, their backtests and what is said of them are judged."""

from __future__ import annotations

# What scores say, worked out from each forecast again.
_SCORES = """
    with months as (
        select
            series, model, forecast_month,
            count(*) as forecast_count,
            sum(abs(actual_{measure} - predicted_{measure}) / scaling_error) as scaled_error,
            count(scaling_error) as scaled_count,
            count(*) filter (actual_{measure} between lower_80 and upper_80) as own_inside_80,
            count(*) filter (actual_{measure} between lower_95 and upper_95) as own_inside_95,
            count(*) filter (actual_{measure} between adjusted_lower_80 and adjusted_upper_80) as inside_80,
            count(*) filter (actual_{measure} between adjusted_lower_95 and adjusted_upper_95) as inside_95,
            -- A bound that was multiplied by 1 may end in another last digit.
            count(*) filter (
                greatest(abs(adjusted_lower_80 - lower_80), abs(adjusted_upper_80 - upper_80))
                > 1e-9 * (1 + upper_80)
            ) as changed_80,
            count(*) filter (
                greatest(abs(adjusted_lower_95 - lower_95), abs(adjusted_upper_95 - upper_95))
                > 1e-9 * (1 + upper_95)
            ) as changed_95
        from {backtest} group by all
    ),
    held as (
        select
            series, model,
            count(*) as month_count,
            sum(forecast_count) as forecast_count,
            -- Unequal months are worth fewer of the same weight.
            sum(forecast_count) ** 2 / sum(forecast_count ** 2) as months_worth,
            sum(scaled_error) / sum(scaled_count) as mase,
            sum(own_inside_80) as own_inside_80,
            sum(own_inside_95) as own_inside_95,
            sum(inside_80) as inside_80,
            sum(inside_95) as inside_95,
            sum(changed_80) as changed_80,
            sum(changed_95) as changed_95
        from months group by series, model
    )
    select
        scores.*,
        coalesce(held.month_count, 0) as backtest_judged_month_count,
        held.months_worth as backtest_months_worth,
        held.mase as backtest_mase,
        held.own_inside_80 / held.forecast_count as backtest_coverage_80_share,
        held.own_inside_95 / held.forecast_count as backtest_coverage_95_share,
        held.inside_80 / held.forecast_count as backtest_adjusted_coverage_80_share,
        held.inside_95 / held.forecast_count as backtest_adjusted_coverage_95_share,
        held.changed_80 / held.forecast_count as backtest_adjusted_80_share,
        held.changed_95 / held.forecast_count as backtest_adjusted_95_share
    from {scores} as scores
    left join held on scores.series = held.series and scores.model = held.model
    order by scores.series, scores.model
"""

# What one measure's champions did at each level and horizon, from each forecast again.
_OF_HORIZON = """
    select
        '{measure}' as measure, backtest.level, backtest.horizon_months,
        count(distinct backtest.origin_month) as backtest_origin_count,
        count(*) as backtest_forecast_count,
        avg(abs(actual_{measure} - predicted_{measure}) / backtest.scaling_error) as backtest_mase,
        avg((actual_{measure} between lower_80 and upper_80)::int) as backtest_coverage_80_share,
        avg((actual_{measure} between lower_95 and upper_95)::int) as backtest_coverage_95_share,
        avg((actual_{measure} between adjusted_lower_80 and adjusted_upper_80)::int)
            as backtest_adjusted_coverage_80_share,
        avg((actual_{measure} between adjusted_lower_95 and adjusted_upper_95)::int)
            as backtest_adjusted_coverage_95_share
    from {backtest} as backtest
    semi join {scores} as scores
        on backtest.series = scores.series and backtest.model = scores.model and scores.is_champion
    group by all
"""


def _horizons(*measured: tuple[str, str, str, str]) -> str:
    """The rows of levels and horizons, beside what the backtests of all measures say."""
    own = " union all ".join(
        _OF_HORIZON.format(measure=measure, backtest=backtest, scores=scores)
        for measure, _, backtest, scores in measured
    )
    return f"""
        select horizons.*, own.* exclude (measure, level, horizon_months)
        from ml_forecast_horizons as horizons
        left join ({own}) as own using (measure, level, horizon_months)
        order by all
    """


def _of_measure(measure: str, forecast: str, backtest: str, scores: str) -> dict[str, dict[str, str]]:
    """Return the frames of one measure's forecast, backtest and scores; the names are our own."""
    return {
        forecast: {
            "rows": f"select * from {forecast} order by all",
            "series": f"""
                select
                    series,
                    count(distinct forecast_month) as month_count,
                    max(horizon_months) as last_horizon
                from {forecast} where model <> 'none' group by series order by series
            """,
            "sums": f"""
                select
                    parts.parent_series, parts.level as part_level, parts.forecast_month,
                    abs(sum(parts.{measure}) - any_value(wholes.{measure}))
                        / (1 + any_value(wholes.{measure})) as sum_error
                from {forecast} as parts
                join {forecast} as wholes
                    on parts.parent_series = wholes.series and parts.forecast_month = wholes.forecast_month
                where parts.is_reconciled
                group by all order by all
            """,
        },
        backtest: {
            "rows": f"select * from {backtest} order by all",
            "series": f"""
                select series, count(distinct model) filter (where model in ('naive', 'seasonal_naive'))
                    as baseline_count
                from {backtest} group by series order by series
            """,
        },
        scores: {
            "rows": _SCORES.format(measure=measure, backtest=backtest, scores=scores),
            "series": f"""
                select
                    series,
                    count(*) filter (where is_champion) as champion_count,
                    max(mase) filter (where is_champion)
                        - min(mase) filter (where model in ('naive', 'seasonal_naive', 'drift'))
                        as champion_excess_mase
                from {scores} where mase is not null group by series order by series
            """,
        },
    }


_MEASURED = (
    ("harm_days", "ml_forecast_harm", "ml_forecast_backtest", "ml_forecast_scores"),
    ("crime_count", "ml_forecast_count", "ml_forecast_count_backtest", "ml_forecast_count_scores"),
)
QUERIES: dict[str, dict[str, str]] = {
    **{table: frames for names in _MEASURED for table, frames in _of_measure(*names).items()},
    "ml_forecast_horizons": {"rows": _horizons(*_MEASURED)},
}
