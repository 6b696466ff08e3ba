"""The page's figures on harm: headline, key figures, ranking, and what other harm weights would change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.publishing import formats

if TYPE_CHECKING:
    import pandas as pd

    from orchestration.publishing.published import PublishedTables

TOP_ROWS = 20
_HALF = 0.5


def active_ranking(tables: PublishedTables) -> pd.DataFrame:
    """Read the ranking under the active scheme with what the page needs about each LSOA.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    pandas.DataFrame
        LSOAs with crime, by rank, with ``has_small_population``.
    """
    ranking = tables.read("mart_harm_ranking")
    ranking = ranking[ranking["is_active_scheme"].astype(bool) & (ranking["crime_count"] > 0)]
    areas = tables.read("dim_lsoa", ["lsoa_code", "has_small_population"]).drop_duplicates("lsoa_code")
    merged = ranking.merge(areas, on="lsoa_code", how="left")
    merged["has_small_population"] = merged["has_small_population"].eq(True)
    return merged.sort_values(["harm_rank", "lsoa_code"], kind="stable").reset_index(drop=True)


def headline(ranking: pd.DataFrame, force_months: pd.DataFrame) -> dict[str, Any]:
    """Say what the release says, in figures for one sentence.

    Parameters
    ----------
    ranking
        From `active_ranking`.
    force_months
        ``mart_harm_force_month``.

    Returns
    -------
    dict
        Months, forces, totals and the share of LSOAs that holds half of the harm.
    """
    months = force_months["crime_month"]
    facts: dict[str, Any] = {
        "months": formats.month_span(months.min(), months.max()),
        "last_month": formats.month(months.max()),
        "forces": [formats.force_name(slug) for slug in sorted(force_months["force_slug"].unique())],
        "area_count": len(ranking),
    }
    if ranking.empty:
        return facts
    total = float(ranking["harm_days"].sum())
    reached = ranking["harm_days"].cumsum() >= _HALF * total
    half_count = int(reached.to_numpy().argmax()) + 1
    without = float(ranking["harm_days_without_proactive"].sum())
    top = set(ranking["lsoa_code"].head(TOP_ROWS))
    top_without = set(ranking.nlargest(TOP_ROWS, "harm_days_without_proactive")["lsoa_code"])
    window = ranking["window_start_month"].iloc[0], ranking["window_end_month"].iloc[0]
    return facts | {
        "window": formats.month_span(*window),
        "short_forces": ", ".join(
            f"{formats.force_name(slug)} {sent} of {asked}"
            for slug, sent, asked in months_missing(force_months, *window)
        ),
        "crime_count": formats.number(ranking["crime_count"].sum()),
        "harm_days": formats.short_number(total),
        "half_count": formats.number(half_count),
        "half_share": formats.percent(half_count / len(ranking)),
        "without_proactive_share": formats.percent(without / total if total else None),
        "top_kept": len(top & top_without),
        "top_size": len(top),
    }


def months_missing(
    force_months: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp
) -> list[tuple[str, int, int]]:
    """Find the forces that sent fewer months than the ranking adds up: their areas look too safe.

    Parameters
    ----------
    force_months
        ``mart_harm_force_month``.
    first, last
        Months that the ranking is of.

    Returns
    -------
    list of tuple
        Slug, months sent and months of the ranking, by slug.
    """
    asked = (last.year - first.year) * 12 + last.month - first.month + 1
    within = force_months["crime_month"].between(first, last)
    sent = force_months["crime_month"].where(within).groupby(force_months["force_slug"]).nunique()
    return [(str(slug), int(count), asked) for slug, count in sent.items() if count < asked]


def key_figures(tables: PublishedTables, force_months: pd.DataFrame) -> list[dict[str, str]]:
    """Count what went in and what came through.

    Parameters
    ----------
    tables
        The release's tables.
    force_months
        ``mart_harm_force_month``.

    Returns
    -------
    list of dict
        ``label``, ``value`` and ``note``.
    """
    rows = tables.read("audit_row_reconciliation")
    landed, staged, quarantined = (
        int(rows[c].sum()) if len(rows) else 0 for c in ("landed_count", "staged_count", "quarantined_count")
    )
    crimes = int(force_months["crime_count"].sum())
    located = 1 - float(force_months["unlocated_count"].sum()) / crimes if crimes else None
    outside = float(force_months["outside_force_area_count"].sum()) / crimes if crimes else None
    unbalanced = 0
    if len(rows):
        unbalanced = int((rows["landed_count"] != rows["staged_count"] + rows["quarantined_count"]).sum())
    return [
        {"label": "Rows landed", "value": formats.number(landed), "note": "from every partition held"},
        {"label": "Rows validated", "value": formats.number(staged), "note": "passed the gate and are used"},
        {
            "label": "Rows quarantined",
            "value": formats.number(quarantined),
            "note": f"the sums differ in {formats.number(unbalanced)} partitions"
            if unbalanced
            else "kept with the rule they broke; the sums agree",
        },
        {
            "label": "Crimes located",
            "value": formats.percent(located),
            "note": f"{formats.percent(outside)} lie outside the force’s own area",
        },
    ]


def ranking_rows(ranking: pd.DataFrame) -> list[dict[str, Any]]:
    """Write the top of the ranking.

    Parameters
    ----------
    ranking
        From `active_ranking`.

    Returns
    -------
    list of dict
        At most twenty rows, ready to print.
    """
    top = ranking.head(TOP_ROWS)
    most = float(top["harm_share"].max()) if len(top) else 0.0
    return [
        {
            "rank": formats.number(row["harm_rank"]),
            "name": row["lsoa_code"] if formats.is_missing(row["lsoa_name"]) else row["lsoa_name"],
            "code": row["lsoa_code"],
            "district": formats.MISSING if formats.is_missing(row["lad_name"]) else row["lad_name"],
            "is_small": row["has_small_population"],
            "crimes": formats.number(row["crime_count"]),
            "harm_days": formats.number(row["harm_days"]),
            "rate": formats.number(row["harm_days_rate_per_1000"]),
            "share": formats.percent(row["harm_share"], 2),
            "bar": round(100 * float(row["harm_share"]) / most, 1) if most else 0,
            "cumulative": formats.percent(row["harm_cumulative_share"]),
            "decile": formats.number(row["imd_2025_decile"]),
        }
        for row in top.to_dict("records")
    ]


def sensitivity_rows(tables: PublishedTables, harm_scheme: str) -> list[dict[str, str]]:
    """Write how far the ranking depends on the choice of harm weights.

    Parameters
    ----------
    tables
        The release's tables.
    harm_scheme
        The active scheme.

    Returns
    -------
    list of dict
        One row per other scheme; empty when there is none.
    """
    rows = tables.read("mart_harm_scheme_sensitivity")
    if rows.empty:
        return []
    rows = rows[rows["active_scheme"] == harm_scheme].sort_values("other_scheme")
    return [
        {
            "scheme": row["other_scheme"],
            "correlation": formats.number(row["rank_correlation"], 3),
            "overlap": formats.percent(row["top_5_percent_overlap_share"]),
            "areas": formats.number(row["lsoa_count"]),
        }
        for row in rows.to_dict("records")
    ]
