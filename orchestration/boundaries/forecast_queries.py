"""The frames by which forecasts, their backtests and what is said of them are judged."""

from __future__ import annotations

# Each forecast of a backtest, judged again.
_JUDGED = """
    select
        series, model, level, origin_month, forecast_month, horizon_months,
        abs(actual_{measure} - predicted_{measure}) / scaling_error as scaled_error,
        (actual_{measure} between lower_80 and upper_80)::int as inside_80,
        (actual_{measure} between lower_95 and upper_95)::int as inside_95,
        (actual_{measure} between adjusted_lower_80 and adjusted_upper_80)::int as adjusted_inside_80,
        (actual_{measure} between adjusted_lower_95 and adjusted_upper_95)::int as adjusted_inside_95,
        -- A bound that was multiplied by 1 may end in another last digit.
        (greatest(abs(adjusted_lower_80 - lower_80), abs(adjusted_upper_80 - upper_80))
            > 1e-9 * (1 + upper_80))::int as changed_80,
        (greatest(abs(adjusted_lower_95 - lower_95), abs(adjusted_upper_95 - upper_95))
            > 1e-9 * (1 + upper_95))::int as changed_95
    from {backtest}
"""
# What is told of several forecasts, each of the same weight.
_FIGURES = """
    avg(scaled_error) as backtest_mase,
    avg(inside_80) as backtest_coverage_80_share,
    avg(inside_95) as backtest_coverage_95_share,
    avg(adjusted_inside_80) as backtest_adjusted_coverage_80_share,
    avg(adjusted_inside_95) as backtest_adjusted_coverage_95_share
"""
_SCORES = f"""
    with judged as ({_JUDGED}),
    months as (
        select series, model, forecast_month, count(*) as forecast_count from judged group by all
    ),
    worth as (
        select
            series, model,
            count(*) as month_count,
            -- Unequal months are worth fewer of the same weight.
            sum(forecast_count) ** 2 / sum(forecast_count ** 2) as backtest_months_worth
        from months group by series, model
    ),
    held as (
        select
            series, model,
            avg(changed_80) as backtest_adjusted_80_share,
            avg(changed_95) as backtest_adjusted_95_share,
            {_FIGURES}
        from judged group by series, model
    )
    select
        scores.*,
        coalesce(worth.month_count, 0) as backtest_judged_month_count,
        worth.backtest_months_worth,
        held.* exclude (series, model)
    from {{scores}} as scores
    left join worth on scores.series = worth.series and scores.model = worth.model
    left join held on scores.series = held.series and scores.model = held.model
    order by scores.series, scores.model
"""
# What one measure's champions did at each level and horizon.
_OF_HORIZON = f"""
    select
        '{{measure}}' as measure, judged.level, judged.horizon_months,
        count(distinct judged.origin_month) as backtest_origin_count,
        count(*) as backtest_forecast_count,
        {_FIGURES}
    from ({_JUDGED}) as judged
    semi join {{scores}} as scores
        on judged.series = scores.series and judged.model = scores.model and scores.is_champion
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
