"""Backtest, scores, champion, and the public entry: no leakage, no crash, same bytes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.forecast import forecast_all
from ml.forecast.backtest import backtest, choose_champion, histories_at_origins
from ml.forecast.models import plan_for, with_smoothing
from ml.forecast.scores import scaling_error, score, scores_by_horizon

NAN = float("nan")


def monthly(
    values: list[float] | np.ndarray, series: str = "total", start: str = "2022-01-01"
) -> pd.DataFrame:
    """A series of consecutive months."""
    months = pd.date_range(start, periods=len(values), freq="MS")
    return pd.DataFrame({"series": series, "month": months, "harm_days": np.asarray(values, dtype=float)})


def noisy(count: int, seed: int = 0) -> np.ndarray:
    """A level with noise."""
    return 1000 + np.random.default_rng(seed).normal(0, 50, count)


def test_the_future_does_not_leak() -> None:
    """Changing what came after an origin must change no forecast made at it."""
    values = noisy(26)
    changed = values.copy()
    changed[24:] *= 3
    _, before, _ = forecast_all(monthly(values), harm_scheme="s", max_origins=4)
    _, after, _ = forecast_all(monthly(changed), harm_scheme="s", max_origins=4)
    origin = pd.Timestamp("2023-12-01")
    columns = ["series", "model", "origin_month", "forecast_month", "predicted_harm_days"]
    bounds = [f"{side}_{level}" for level in (80, 95) for side in ("lower", "upper")]
    columns += ["scaling_error", *bounds, *(f"adjusted_{name}" for name in bounds)]
    early, late = (frame[frame["origin_month"] <= origin][columns] for frame in (before, after))
    pd.testing.assert_frame_equal(early, late)
    assert len(early) and "ets" in set(early["model"])
    later = before["origin_month"] > origin
    assert not before[later]["predicted_harm_days"].equals(after[later]["predicted_harm_days"])


def test_same_input_same_frames_in_any_order() -> None:
    """Simulated intervals and the choice of form must not depend on chance or on row order."""
    frame = pd.concat([monthly(noisy(26, 1), "a"), monthly(noisy(9, 2), "b")])
    first = forecast_all(frame, harm_scheme="s", max_origins=2)
    second = forecast_all(frame.sample(frac=1, random_state=5), harm_scheme="s", max_origins=2)
    for one, other in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_tables_of_a_long_series() -> None:
    """Horizons, origins and training months are what they are called."""
    forecast, rows, scores = forecast_all(monthly(noisy(26)), harm_scheme="seed_article", max_origins=5)
    assert forecast["horizon_months"].tolist() == list(range(1, 13))
    assert forecast["forecast_month"].iloc[0] == pd.Timestamp("2024-03-01")
    assert forecast["train_end_month"].unique().tolist() == [pd.Timestamp("2024-02-01")]
    assert rows["origin_month"].nunique() == 5
    assert rows.groupby("model").size().nunique() == 1
    gap = (rows["forecast_month"].dt.year - rows["origin_month"].dt.year) * 12
    gap += rows["forecast_month"].dt.month - rows["origin_month"].dt.month
    assert (gap == rows["horizon_months"]).all()
    assert set(scores["model"]) == {
        "arima",
        "calendar_regression",
        "count_regression",
        "drift",
        "ets",
        "naive",
        "seasonal_naive",
    }
    assert scores["is_champion"].sum() == 1
    champion = scores.loc[scores["is_champion"], "model"].iloc[0]
    assert set(forecast["model"]) == {champion}


def test_mase_by_hand() -> None:
    """Training year-on-year errors of 2 and 4 (mean 3), forecast errors of 3 and 6: MASE 1.5."""
    values = np.array([10.0] * 12 + [12.0, 14.0, 13.0, 16.0])
    months = pd.date_range("2022-01-01", periods=16, freq="MS")
    rows = pd.DataFrame(
        {
            "model": "naive",
            "origin_month": months[13],
            "forecast_month": months[14:16],
            "horizon_months": [1, 2],
            "actual": [13.0, 16.0],
            "predicted": [10.0, 10.0],
            "lower_80": [9.0, 9.0],
            "upper_80": [13.0, 13.0],
            "lower_95": [8.0, 8.0],
            "upper_95": [17.0, 17.0],
            "adjusted_lower_80": [10.0, 10.0],
            "adjusted_upper_80": [12.0, 12.0],
            "adjusted_lower_95": [8.0, 8.0],
            "adjusted_upper_95": [13.0, 13.0],
            "scaling_error": scaling_error(values[:14], 12),
        }
    )
    result = score(rows).iloc[0]
    assert result["mase"] == pytest.approx(1.5)
    assert result["mean_absolute_error"] == pytest.approx(4.5)
    assert result["coverage_80_share"] == 0.5 and result["coverage_95_share"] == 1.0
    assert result["adjusted_coverage_80_share"] == 0.0 and result["adjusted_coverage_95_share"] == 0.5
    losses = [
        2 * max(q * (y - b), (q - 1) * (y - b))
        for y in (13, 16)
        for q, b in ((0.025, 8), (0.1, 9), (0.5, 10), (0.9, 13), (0.975, 17))
    ]
    assert result["scaled_pinball_loss"] == pytest.approx(sum(losses) / 10 / 3)
    losses = [
        2 * max(q * (y - b), (q - 1) * (y - b))
        for y in (13, 16)
        for q, b in ((0.025, 8), (0.1, 10), (0.5, 10), (0.9, 12), (0.975, 13))
    ]
    assert result["adjusted_scaled_pinball_loss"] == pytest.approx(sum(losses) / 10 / 3)
    assert result["judged_month_count"] == 2 and result["adjusted_coverage_80_finding"] == "below"
    assert result["adjusted_80_share"] == result["adjusted_95_share"] == 1.0
    # The first one's 95% interval is its own, up to rounding, and both 80% ones are wider on one side.
    rows[["adjusted_lower_95", "adjusted_upper_95"]] = [[8.0, 17.0 * (1 + 1e-15)], [8.0, 18.0]]
    rows["adjusted_lower_80"], rows["adjusted_upper_80"] = [9.0, 8.5], [13.5, 13.0]
    result = score(rows).iloc[0]
    assert result["adjusted_80_share"] == 1.0 and result["adjusted_95_share"] == 0.5


def test_every_horizon_has_twelve_origins_where_the_history_allows() -> None:
    """Twelve origins in all would judge a year ahead by one forecast, and call it coverage."""
    frame = monthly(noisy(41))
    _, rows, scores = forecast_all(frame, harm_scheme="s")
    naive = rows[rows["model"] == "naive"]
    assert naive.groupby("horizon_months").size().tolist() == list(range(23, 11, -1))
    table = scores_by_horizon(rows, scores, "harm_days").set_index("horizon_months")
    assert table["origin_count"].tolist() == list(range(23, 11, -1))
    champion = scores.loc[scores["is_champion"], "model"].iloc[0]
    far = rows[(rows["model"] == champion) & (rows["horizon_months"] == 12)]
    off = (far["actual_harm_days"] - far["predicted_harm_days"]).abs()
    assert table["mase"][12] == pytest.approx((off / far["scaling_error"]).mean())
    assert table["coverage_80_share"][12] == pytest.approx(
        far["actual_harm_days"].between(far["lower_80"], far["upper_80"]).mean()
    )
    naive = rows[(rows["model"] == "seasonal_naive") & (rows["horizon_months"] == 3)]
    off = (naive["actual_harm_days"] - naive["predicted_harm_days"]).abs()
    assert table["baseline_mase"][3] == pytest.approx((off / naive["scaling_error"]).mean())


def scores_of(**mase: float) -> pd.DataFrame:
    """Scores with the given MASE by model."""
    return pd.DataFrame(
        {
            "model": list(mase),
            "mase": list(mase.values()),
            "mean_absolute_error": [1.0] * len(mase),
            "origin_count": 6,
        }
    )


@pytest.mark.parametrize(
    ("mase", "champion", "words"),
    [
        ({"ets": 0.8, "naive": 1.0, "seasonal_naive": 0.9}, "ets", "ets has the lowest MASE"),
        ({"ets": 0.9, "naive": 1.0, "seasonal_naive": 0.9}, "seasonal_naive", "no model beats the baseline"),
        ({"ets": 0.8, "naive": 0.7, "seasonal_naive": 0.9}, "naive", "no model beats the baseline"),
        ({"naive": 0.7, "seasonal_naive": 0.9}, "naive", "ETS could not be fitted"),
        ({}, "seasonal_naive", "by default"),
        ({"ets": NAN, "naive": NAN, "seasonal_naive": NAN}, "seasonal_naive", "mean absolute error"),
    ],
)
def test_champion_rule(mase: dict[str, float], champion: str, words: str) -> None:
    """A model that does not beat the baseline is not published as the forecast, and the note says so."""
    model, reason = choose_champion(scores_of(**mase), plan_for(30))
    assert model == champion
    assert words in reason


@pytest.mark.parametrize("count", [1, 2])
def test_too_short_to_forecast(count: int) -> None:
    """Two months say nothing: null figures with a note, not a line through two points."""
    forecast, rows, scores = forecast_all(monthly(noisy(count)), harm_scheme="s")
    assert len(forecast) == 12 and forecast["harm_days"].isna().all()
    assert set(forecast["model"]) == {"none"}
    assert forecast["note"].str.contains("no forecast").all()
    assert rows.empty and scores["mase"].isna().all()


def test_short_series_uses_naive_methods() -> None:
    """Below two years neither season nor trend can be told apart, and the note says so."""
    forecast, _, scores = forecast_all(monthly(noisy(15)), harm_scheme="s")
    assert set(scores["model"]) == {"naive", "drift"}
    assert forecast["harm_days"].notna().all()
    assert forecast["note"].str.contains("only 15 months, fewer than 24").all()


def test_gap_is_noted() -> None:
    """The reader must see that history was left out."""
    frame = monthly(noisy(34)).drop(index=4)
    forecast, _, _ = forecast_all(frame, harm_scheme="s", max_origins=2)
    assert forecast["note"].str.contains("gap before 2022-06: 4 earlier months left out").all()
    assert set(forecast["train_start_month"]) == {pd.Timestamp("2022-06-01")}


def test_constant_series_falls_back_to_the_baseline() -> None:
    """MASE is 0/0 there and ETS cannot be fitted: still a forecast, and an honest note."""
    forecast, _, scores = forecast_all(monthly([7.0] * 30), harm_scheme="s")
    assert forecast["harm_days"].tolist() == [7.0] * 12
    assert scores["mase"].isna().all()
    assert scores["note"].str.contains("ETS could not be fitted").all()


def test_nothing_in_nothing_out() -> None:
    """An empty warehouse gives empty tables; a series without any figure gives a note only."""
    for table in forecast_all(monthly([]), harm_scheme="s"):
        assert table.empty
    forecast, rows, scores = forecast_all(monthly([NAN, NAN]), harm_scheme="s")
    assert forecast.empty and rows.empty
    assert scores["model"].tolist() == ["none"]


def test_repeated_month_is_refused() -> None:
    """Summing or picking one of two figures would be a guess."""
    frame = pd.concat([monthly([1.0, 2.0]), monthly([3.0])])
    with pytest.raises(ValueError, match="month 2022-01 repeats"):
        forecast_all(frame, harm_scheme="s")


@settings(max_examples=15, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=0, max_size=23))
def test_never_crashes_on_short_or_gappy_series(values: list[float | None]) -> None:
    """Whatever months there are, the tables keep their contracts (conform raises otherwise)."""
    forecast, _, scores = forecast_all(monthly(np.array(values, dtype=float)), harm_scheme="s", max_origins=3)
    assert len(forecast) in (0, 12)
    assert len(values) == 0 or scores["is_champion"].sum() == 1


def test_a_model_that_fails_once_is_left_out() -> None:
    """Models must be judged on the same origins: a constant start makes ETS miss some."""
    values = np.concatenate([np.full(20, 5.0), noisy(6)])
    months = pd.date_range("2022-01-01", periods=26, freq="MS")
    plan = plan_for(26)
    (histories,) = with_smoothing([histories_at_origins(months, values, plan, max_origins=7)])
    rows = backtest(histories, plan)
    assert set(rows["model"]) == {
        "seasonal_naive",
        "naive",
        "drift",
        "count_regression",
        "calendar_regression",
    }


@pytest.mark.parametrize(
    ("values", "next_best"),
    [(noisy(26), "arima"), (500 + np.cumsum(np.random.default_rng(1).normal(0, 30, 26)), "naive")],
)
def test_champion_that_fails_at_the_end_is_replaced(
    monkeypatch: pytest.MonkeyPatch, values: np.ndarray, next_best: str
) -> None:
    """A search that fails on the last fit must publish no empty figures, nor what another baseline beats."""
    import ml.forecast.models
    from ml.forecast.baselines import Forecast

    class Oracle:
        label = "oracle"

        def __init__(self, seen: int) -> None:
            self.seen = seen

        def forecast(self, future: pd.DatetimeIndex) -> Forecast:
            path = values[self.seen :][: len(future)]
            return Forecast(path, {0.80: (path, path), 0.95: (path, path)}, self.label)

    def perfect_until_the_end(
        histories: list[tuple[np.ndarray, np.ndarray]], *_: object
    ) -> list[Oracle | None]:
        return [None if len(own) == len(values) else Oracle(len(own)) for own, _ in histories]

    monkeypatch.setattr(ml.forecast.models, "smoothed", perfect_until_the_end)
    forecast, _, scores = forecast_all(monthly(values), harm_scheme="s")
    mase = scores.set_index("model")["mase"]
    assert mase["ets"] == 0 and mase.drop("ets").idxmin() == next_best
    assert set(forecast["model"]) == {next_best} and forecast["harm_days"].notna().all()
    assert scores["note"].str.contains("could not be fitted to the whole series").all()
