"""Warehouse tables of the dbt marts and audits, made by a seeded generator."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

FORCES = ("avon-and-somerset", "bedfordshire")
GROUPS = ("White", "Asian", "Black", "Mixed", "Other")
SCHEMES = ("seed_article", "cchi_2026", "ons_severity")
CELL_M = 500.0


def make_areas(rng: np.random.Generator, count: int) -> tuple[pd.DataFrame, list[shapely.Polygon]]:
    """Squares on the National Grid, one of them with few residents."""
    side = int(np.ceil(np.sqrt(count)))
    index = np.arange(count)
    east, north = 360_000 + CELL_M * (index % side), 170_000 + CELL_M * (index // side)
    shapes = [shapely.box(e, n, e + CELL_M, n + CELL_M) for e, n in zip(east, north, strict=True)]
    population = rng.integers(1_100, 2_600, count)
    population[1] = 90
    district = np.where(index % 2 == 0, "Northport", "Southbay")
    frame = pd.DataFrame(
        {
            "lsoa_code": [f"E01{i:06d}" for i in index],
            "lsoa_name": [f"{d} {i:03d}A" for d, i in zip(district, index, strict=True)],
            "lad_name": district,
            "force_slug": np.where(index < count * 0.7, *FORCES),
            "easting_m": east + CELL_M / 2,
            "northing_m": north + CELL_M / 2,
            "population_count": population,
            "has_small_population": population < 200,
            "imd_2025_decile": rng.integers(1, 11, count),
            **{f"{group.lower()}_count": 100 for group in GROUPS},
        }
    )
    return frame, shapes


def make_months(months: pd.DatetimeIndex) -> pd.DataFrame:
    """A calendar without weather."""
    return pd.DataFrame(
        {
            "calendar_month": months,
            "days_in_month": months.days_in_month,
            "weekend_day_count": 8,
            "bank_holiday_count": 1,
            "weather_station_count": 0,
        }
    )


def make_ranking(rng: np.random.Generator, areas: pd.DataFrame, months: pd.DatetimeIndex) -> pd.DataFrame:
    """A concentrated ranking under three schemes, with one area without crime."""
    count = len(areas)
    east, north = areas["easting_m"], areas["northing_m"]
    distance = np.hypot(east - east.mean(), north - north.mean()) / CELL_M
    crimes = rng.poisson(
        4 + 260 * np.exp(-distance / (0.12 * np.sqrt(count) + 1)) * rng.gamma(1.2, 1.0, count)
    )
    crimes[-1] = 0
    parts = []
    for scheme, weight in zip(SCHEMES, (160.0, 40.0, 90.0), strict=True):
        harm = np.round(crimes * weight * rng.lognormal(0, 0.25, count))
        part = areas[
            ["lsoa_code", "lsoa_name", "lad_name", "force_slug", "population_count", "imd_2025_decile"]
        ].assign(
            harm_scheme=scheme,
            is_active_scheme=scheme == SCHEMES[0],
            window_start_month=months[-12],
            window_end_month=months[-1],
            crime_count=crimes,
            harm_days=harm,
            harm_days_without_proactive=np.round(harm * rng.uniform(0.6, 0.98, count)),
            harm_days_rate_per_1000=1000 * harm / areas["population_count"],
        )
        part = part.sort_values(["harm_days", "lsoa_code"], ascending=[False, True])
        part["harm_rank"] = np.arange(1, count + 1)
        part["harm_share"] = part["harm_days"] / harm.sum()
        part["harm_cumulative_share"] = part["harm_share"].cumsum()
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def make_crimes(
    rng: np.random.Generator, areas: pd.DataFrame, months: pd.DatetimeIndex, count: int
) -> pd.DataFrame:
    """Records of crime."""
    row = np.arange(count)
    return pd.DataFrame(
        {
            "crime_record_id": [f"force|month|{i}" for i in row],
            "crime_month": months[rng.integers(0, len(months), count)],
            "force_slug": np.array(FORCES)[rng.integers(0, 2, count)],
            "crime_type": np.array(["Burglary", "Robbery", "Drugs"])[rng.integers(0, 3, count)],
            "lsoa_code": areas["lsoa_code"].to_numpy()[rng.integers(0, len(areas), count)],
            "longitude": np.round(rng.uniform(-2.7, -2.4, count), 6),
            "latitude": np.round(rng.uniform(51.4, 51.6, count), 6),
            "harm_days": rng.choice([20.0, 400.0, 1000.0], count),
            "source_row": row,
        }
    )


def make_area_months(rng: np.random.Generator, areas: pd.DataFrame, months: pd.DatetimeIndex) -> pd.DataFrame:
    """Counts by area and month."""
    grid = areas[["lsoa_code"]].merge(pd.DataFrame({"crime_month": months}), how="cross")
    return grid.assign(
        crime_type="Burglary", crime_count=rng.integers(1, 9, len(grid)), harm_scheme=SCHEMES[0]
    )


def make_sensitivity(area_count: int) -> pd.DataFrame:
    """Agreement between schemes."""
    return pd.DataFrame(
        {
            "active_scheme": SCHEMES[0],
            "other_scheme": SCHEMES[1:],
            "rank_correlation": [0.912, 0.954],
            "top_5_percent_overlap_share": [0.71, 0.83],
            "lsoa_count": area_count,
        }
    )


def seasonal(rng: np.random.Generator, months: pd.DatetimeIndex, level: float) -> np.ndarray:
    """A yearly wave with noise around a level."""
    return np.round(
        level
        * (1 + 0.12 * np.sin(months.month.to_numpy() / 12 * 2 * np.pi) + rng.normal(0, 0.04, len(months)))
    )


def make_force_months(rng: np.random.Generator, months: pd.DatetimeIndex) -> pd.DataFrame:
    """Two forces' monthly totals."""
    parts = []
    for force, level in zip(FORCES, (14_500, 4_200), strict=True):
        count = seasonal(rng, months, level).astype(int)
        parts.append(
            pd.DataFrame(
                {
                    "force_slug": force,
                    "crime_month": months,
                    "crime_count": count,
                    "harm_days": np.round(count * rng.normal(160, 4, len(months))),
                    "harm_scheme": SCHEMES[0],
                    "unlocated_count": (count * 0.044).astype(int),
                    "outside_force_area_count": (count * 0.012).astype(int),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def make_stops(rng: np.random.Generator, months: pd.DatetimeIndex) -> pd.DataFrame:
    """Stop-and-search counts, one group below the threshold of suppression."""
    rows = []
    for force in FORCES:
        for basis in ("self_defined", "officer_defined"):
            for group, share in zip((*GROUPS, "Not stated"), (0.5, 0.12, 0.2, 0.06, 0.02, 0.1), strict=True):
                stops = int(3_000 * share * rng.uniform(0.8, 1.2))
                if (force, group) == ("bedfordshire", "Other"):
                    stops = 7
                rows.append(
                    (force, basis, group, stops, stops, stops // 8, int(stops * 0.3), int(stops * 0.68))
                )
    frame = pd.DataFrame(
        rows,
        columns=[
            "force_slug",
            "ethnicity_basis",
            "ethnic_group",
            "stop_count",
            "stop_count_without_repeats",
            "arrest_count",
            "further_action_count",
            "no_further_action_count",
        ],
    )
    residents = frame["ethnic_group"].map(
        dict(zip(GROUPS, (400_000, 50_000, 22_000, 20_000, 9_000), strict=True))
    )
    return frame.assign(
        resident_count=residents.astype("Int64"), window_start_month=months[-12], window_end_month=months[-1]
    )


def make_audits(rng: np.random.Generator, months: pd.DatetimeIndex) -> dict[str, pd.DataFrame]:
    """Row counts that reconcile, four absent partitions and one withheld."""
    keys = [
        (dataset, f"{month:%Y-%m}", force)
        for dataset in ("police_street", "police_outcomes", "police_stop_and_search")
        for month in months
        for force in FORCES
    ]
    frame = pd.DataFrame(keys, columns=["dataset", "month", "force"])
    staged = rng.integers(900, 15_000, len(frame))
    quarantined = rng.poisson(1.5, len(frame))
    coverage = frame.assign(status="present", landed_count=staged + quarantined, reason=None)
    coverage["reason"] = coverage["reason"].astype("string")
    coverage.loc[[0, 2, 4, 8], ["status", "reason"]] = ["absent", "the archive has no such file"]
    coverage.loc[[11], ["status", "reason"]] = ["withheld", "rule crime_type_is_known failed"]
    methods = ("supplied_unchanged", "supplied_2021", "split_point_in_polygon", "merged_parent", "unlocated")
    locations = pd.DataFrame(
        {
            "force_slug": FORCES[0],
            "crime_month": months[-1],
            "location_method": methods,
            "crime_count": [80_100, 9_000, 4_200, 2_100, 4_300],
        }
    )
    reconciliation = frame.assign(
        landed_count=staged + quarantined, staged_count=staged, quarantined_count=quarantined
    )
    return {
        "audit_coverage": coverage,
        "audit_row_reconciliation": reconciliation,
        "audit_location_methods": locations,
    }
