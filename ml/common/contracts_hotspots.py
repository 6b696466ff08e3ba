"""Declared contracts of what goes beside the hotspot table: significance, history and the null."""

from __future__ import annotations

from ml.common.schema import Column, TableContract

_PLACE = ("fct_crimes.easting_m", "fct_crimes.northing_m")
_HIGH = (*_PLACE, "fct_crimes.is_ultra_high_harm")
_HARM = ("fct_crimes.harm_days",)
_MONTH = ("fct_crimes.crime_month",)
_CENTRE_SHAPE = ("stg_gla__town_centres.boundary",)
#: Which snap points of the window are of the night-time economy.
NIGHT_TIME = (
    "stg_police_uk__street.location_name",
    "fct_crimes.longitude",
    "fct_crimes.latitude",
    "fct_crimes.crime_month",
)
_COMPARED = (*_HIGH, *_CENTRE_SHAPE, *NIGHT_TIME)
_FOLLOWED = (*_HIGH, *_MONTH)
_CLASSES = ("new", "emerging", "persistent", "sporadic", "fading")
_EVENTS = ("new", "continued", "split", "merged", "returned")
_MEASURES = (
    "cluster_count",
    "clustered_record_share",
    "found_anyway_share",
    "strongest_log_likelihood_ratio",
    "town_centre_overlap_share",
    "night_time_overlap_share",
)

STABLE_ID = Column(
    "stable_id", "VARCHAR", "Name that the hotspot keeps from window to window", inputs=_FOLLOWED
)
PERSISTENCE = Column(
    "persistence",
    "VARCHAR",
    "Class by the windows that it was found in, as of the last one; null when there is one window",
    True,
    allowed=_CLASSES,
    inputs=_FOLLOWED,
)


def _probability(name: str, description: str) -> Column:
    return Column(name, "DOUBLE", description, False, 0.0, 1.0, inputs=_HIGH)


def _count(name: str, description: str, minimum: float = 0) -> Column:
    return Column(name, "BIGINT", description, False, minimum, inputs=_HIGH)


#: What significance and identity add to ``ml_hotspots``.
HOTSPOT_COLUMNS = (
    _count("located_record_count", "Located records of every kind at the cluster's snap points", 1),
    _probability(
        "place_p_value",
        "Exact hypergeometric tail of its records; not corrected for the cluster having been picked",
    ),
    _probability("p_value", "Share of clusters of relabelled records at least as extreme, corrected so"),
    _probability("q_value", "The p value after Benjamini and Hochberg, over all hotspots"),
    _probability("null_recurrence_share", "Share of relabellings with a cluster at one of its snap points"),
    STABLE_ID,
    PERSISTENCE,
)

ML_HOTSPOT_HISTORY = TableContract(
    name="ml_hotspot_history",
    grain="One row per hotspot and end of a twelve-month window, for the last twelve ends.",
    key=("window_end_month", "hotspot_id"),
    columns=(
        Column("window_start_month", "DATE", "First month of the window", inputs=_MONTH),
        Column("window_end_month", "DATE", "Last month of the window", inputs=_MONTH),
        Column("hotspot_id", "VARCHAR", "Rank by harm days within the window", inputs=(*_HARM, *_HIGH)),
        STABLE_ID,
        Column(
            "event", "VARCHAR", "What became of it since the window before", allowed=_EVENTS, inputs=_FOLLOWED
        ),
        Column(
            "merged_stable_ids",
            "VARCHAR",
            "Those that ended in it, comma-separated; null unless merged",
            True,
            inputs=_FOLLOWED,
        ),
        Column(
            "split_from_stable_id",
            "VARCHAR",
            "The one that it was part of; null unless split",
            True,
            inputs=_FOLLOWED,
        ),
        PERSISTENCE,
        _count("record_count", "Ultra-high-harm records in the cluster", minimum=1),
        _count("distinct_point_count", "Distinct snap points in the cluster", minimum=1),
        Column("harm_days", "DOUBLE", "Sum over its records, in harm days", False, 0.0, inputs=_HARM),
        Column(
            "harm_scheme",
            "VARCHAR",
            "Harm weight scheme that the harm days were counted with",
            origin_note="the active weight scheme, a setting of the run",
        ),
        Column(
            "dominant_crime_type",
            "VARCHAR",
            "Crime type with the most harm days in the cluster",
            inputs=("fct_crimes.crime_type", *_HARM),
        ),
        Column("area_m2", "DOUBLE", "Area of the hull, in square metres", False, 0.0, inputs=_PLACE),
        Column("centroid_easting_m", "DOUBLE", "Hull centroid, easting, in metres", inputs=_PLACE),
        Column("centroid_northing_m", "DOUBLE", "Hull centroid, northing, in metres", inputs=_PLACE),
        Column("geometry_wkt", "VARCHAR", "Hull polygon, EPSG:27700, in metres", inputs=_PLACE),
    ),
    ordered=(("window_start_month", "window_end_month"), ("distinct_point_count", "record_count")),
)


def _figure(name: str, description: str) -> Column:
    return Column(name, "DOUBLE", description, True, 0.0, inputs=_COMPARED)


ML_HOTSPOT_NULL = TableContract(
    name="ml_hotspot_null",
    grain="One row per measure of the last window's clusters, as found and with harm dealt out by chance.",
    key=("measure",),
    columns=(
        Column(
            "measure", "VARCHAR", "What is measured", allowed=_MEASURES, origin_note="written by the model"
        ),
        Column(
            "method", "VARCHAR", "Clustering method", allowed=("dbscan", "hdbscan"), origin_note="a setting"
        ),
        Column(
            "is_harm_weighted",
            "BOOLEAN",
            "Whether records count by their harm, in clusters and in p values",
            origin_note="a setting",
        ),
        Column(
            "hull",
            "VARCHAR",
            "Outline of the hotspots",
            allowed=("convex", "concave"),
            origin_note="a setting",
        ),
        _figure("observed_value", "As found; null where it is defined for chance alone"),
        _figure("null_mean", "Mean over the relabellings"),
        _figure("null_lower", "2.5% quantile of the relabellings"),
        _figure("null_upper", "97.5% quantile of the relabellings"),
        Column(
            "p_value",
            "DOUBLE",
            "Share of relabellings at least as large, corrected by one; null where nothing is observed",
            True,
            0.0,
            1.0,
            inputs=_COMPARED,
        ),
        Column("relabelling_count", "BIGINT", "Relabellings", False, 1, origin_note="a setting"),
        _count("record_count", "Located records in the window"),
        _count("ultra_high_harm_count", "Ultra-high-harm records among them"),
        _count("snap_point_count", "Distinct snap points that carry them"),
        Column("window_start_month", "DATE", "First month of the window", inputs=_MONTH),
        Column("window_end_month", "DATE", "Last month of the window", inputs=_MONTH),
    ),
    ordered=(("null_lower", "null_mean", "null_upper"), ("ultra_high_harm_count", "record_count")),
)

_AREA = ("dim_lsoa.lsoa_code", "dim_lsoa.easting_m", "dim_lsoa.northing_m", "dim_lsoa.force_slug")
_AREA_MONTH = tuple(
    f"fct_crime_lsoa_month.{name}" for name in ("lsoa_code", "crime_month", "crime_count", "harm_days")
)
# Months that a force of the areas did not send are left out.
_SENT = ("fct_crimes.crime_month", "fct_crimes.force_slug")
_MAPPED = (*_AREA, *_AREA_MONTH, *_SENT)
_AMOUNTS = ("harm_days", "crime_count")
_CLUSTERS = ("high_high", "low_low", "high_low", "low_high", "not_significant")


def _mapped(name: str, description: str, lowest: float | None = None, highest: float | None = None) -> Column:
    return Column(name, "DOUBLE", description, True, lowest, highest, inputs=_MAPPED)


ML_LSOA_EMERGING = TableContract(
    name="ml_lsoa_emerging",
    grain="One row per LSOA 2021 and measure.",
    key=("lsoa_code", "measure"),
    columns=(
        Column("lsoa_code", "VARCHAR", "LSOA 2021", inputs=_AREA[:1]),
        Column("measure", "VARCHAR", "What is mapped", allowed=_AMOUNTS, origin_note="written by the model"),
        Column(
            "emerging_class",
            "VARCHAR",
            "Class by hot months and trend; the rule stands in docs/methods/hotspots.md",
            allowed=(*_CLASSES, "none"),
            inputs=_MAPPED,
        ),
        Column("hot_month_count", "BIGINT", "Months with a Gi* of q at most 0.05", False, 0, inputs=_MAPPED),
        Column("month_count", "BIGINT", "Months mapped", False, 1, inputs=(*_AREA_MONTH, *_SENT)),
        _mapped("last_z_score", "Gi* of the last month"),
        _mapped("last_q_value", "Upper tail after Benjamini and Hochberg, over LSOAs and months", 0.0, 1.0),
        _mapped("local_moran", "Local Moran's I of the sum of the last twelve months mapped"),
        _mapped("local_moran_z_score", "It standardised, by exact conditional moments"),
        _mapped("local_moran_p_value", "Its two-sided p value", 0.0, 1.0),
        _mapped("local_moran_q_value", "That after Benjamini and Hochberg, over all LSOAs", 0.0, 1.0),
        Column(
            "cluster_class",
            "VARCHAR",
            "LSOA and then its neighbours above or not above the mean; not significant with q above 0.05",
            allowed=_CLUSTERS,
            inputs=_MAPPED,
        ),
        Column("trend_z_score", "DOUBLE", "Mann-Kendall score of Gi* over the months", inputs=_MAPPED),
        Column("trend_p_value", "DOUBLE", "Its two-sided p value", False, 0.0, 1.0, inputs=_MAPPED),
        Column("first_month", "DATE", "First month mapped", inputs=(*_AREA_MONTH, *_SENT)),
        Column("last_month", "DATE", "Last month mapped", inputs=(*_AREA_MONTH, *_SENT)),
    ),
    ordered=(
        ("hot_month_count", "month_count"),
        ("first_month", "last_month"),
        ("local_moran_p_value", "local_moran_q_value"),
    ),
)

_TESTED = (*_MAPPED, *_PLACE, "fct_crimes.crime_type", "fct_crimes.is_ultra_high_harm")
_STATISTICS = (
    "global_moran",
    "gini",
    "generalised_gini",
    "top_1_percent_share",
    "top_5_percent_share",
    "top_10_percent_share",
    "knox_ratio",
)


def _tested(name: str, description: str, lowest: float | None = None, highest: float | None = None) -> Column:
    return Column(name, "DOUBLE", description, True, lowest, highest, inputs=_TESTED)


ML_SPATIAL_TESTS = TableContract(
    name="ml_spatial_tests",
    grain="One row per measure and statistic, of those of the last twelve months that every force sent.",
    key=("measure", "statistic"),
    columns=(
        Column("measure", "VARCHAR", "What is tested", allowed=_AMOUNTS, origin_note="written by the model"),
        Column("statistic", "VARCHAR", "Statistic", allowed=_STATISTICS, origin_note="written by the model"),
        _tested("value", "Statistic; Knox's is close pairs over expected ones"),
        _tested("lower", "Lower bound, 95% bootstrap over LSOAs; null where there is a p value instead"),
        _tested("upper", "Upper bound, 95% bootstrap over LSOAs"),
        _tested("expected_value", "Mean if values were shuffled over places, or times over records"),
        _tested("z_score", "Standardised statistic, of Moran's I alone"),
        _tested(
            "p_value",
            "Two-sided for Moran's I, upwards for Knox's ratio; null where nothing can be told",
            0.0,
            1.0,
        ),
        Column(
            "unit_count", "BIGINT", "LSOAs, or for Knox's ratio records, tested", False, 0, inputs=_TESTED
        ),
    ),
    ordered=(("lower", "upper"),),
)

HOTSPOT_CONTRACTS = (ML_HOTSPOT_HISTORY, ML_HOTSPOT_NULL, ML_LSOA_EMERGING, ML_SPATIAL_TESTS)
