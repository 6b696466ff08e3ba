"""Who lives in the hotspots: exposure by deprivation and by ethnic group."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ETHNIC_COLUMNS = {
    "Asian": "asian_count",
    "Black": "black_count",
    "Mixed": "mixed_count",
    "White": "white_count",
    "Other": "other_count",
}
NEEDED = ("lsoa_code", "imd_2025_decile", *ETHNIC_COLUMNS.values(), "covered_area_share")
DECILES = range(1, 11)
REFERENCES = {"imd_2025_decile": "10", "ethnic_group": "White"}


def audit_hotspot_exposure(exposure: pd.DataFrame, *, suppress_below: int = 10) -> pd.DataFrame:
    """Share of each group's residents who live inside hotspot hulls, and its ratio to a reference.

    Residents inside a hull are not counted but interpolated: an LSOA's residents times the share of its
    area that hulls cover. A binomial interval (Wilson) would take the residents for independent draws
    and come out far too narrow, as they are exposed LSOA by LSOA; the interval resamples LSOAs
    instead. It says how far the share hangs on which LSOAs there are. It does not cover the error of
    the interpolation, nor that hotspots would fall elsewhere in another year.

    Parameters
    ----------
    exposure : DataFrame
        What `ml.hotspots.hotspot_population_exposure` returned for the LSOAs of the audited area, with
        ``lsoa_code``, ``imd_2025_decile`` (1 most deprived to 10, null outside England),
        ``asian_count``, ``black_count``, ``mixed_count``, ``white_count``, ``other_count`` (Census 2021
        residents) and ``covered_area_share``.
    suppress_below : int
        Groups with fewer residents are marked ``is_suppressed`` and have no figures.

    Returns
    -------
    DataFrame
        Table ``ml_fairness_hotspot_exposure``: deciles '1' to '10' against '10', none where no LSOA has
        one, and five ethnic groups against 'White'. A decile that nobody of the area lives in is suppressed
        like any small group. Residents are those of the census in both. Where the reference has no exposure,
        or is suppressed, the ratio is null.

    Raises
    ------
    ValueError
        A column is missing or an LSOA repeats.
    """
    import pandas as pd

    from ml.common.contracts import ML_FAIRNESS_HOTSPOT_EXPOSURE, conform

    for name in NEEDED:
        if name not in exposure.columns:
            raise ValueError(f"audit_hotspot_exposure: exposure has no column {name!r}")
    if exposure["lsoa_code"].duplicated().any():
        raise ValueError("audit_hotspot_exposure: an LSOA repeats; give one row per LSOA")
    groups = _groups(exposure.sort_values("lsoa_code", ignore_index=True))
    rows = [_row(attribute, name, part, suppress_below) for attribute, name, part in groups]
    table = pd.DataFrame(rows, columns=["attribute", "group_name", *_FIGURES, "is_suppressed"])
    table["model"] = "hotspots"
    table["reference_group"] = table["attribute"].map(REFERENCES)
    reference = table[table["group_name"] == table["reference_group"]].set_index("attribute")["exposed_share"]
    divisor = table["attribute"].map(reference).astype("float64")
    table["disparity_ratio"] = table["exposed_share"] / divisor.where(divisor > 0)
    return conform(table, ML_FAIRNESS_HOTSPOT_EXPOSURE)


_FIGURES = (
    "resident_count",
    "exposed_resident_count",
    "exposed_share",
    "exposed_share_lower",
    "exposed_share_upper",
)


def _groups(lsoas: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Each group's LSOAs, with the group's ``residents`` and ``covered_area_share``."""
    columns = list(ETHNIC_COLUMNS.values())
    counts = lsoas[columns].astype("Float64").fillna(0.0).astype("float64")
    covered = lsoas["covered_area_share"].astype("float64")
    decile = lsoas["imd_2025_decile"].astype("Int64")
    groups: list[tuple[str, str, pd.DataFrame]] = []
    everyone = covered.to_frame().assign(residents=counts.sum(axis=1))
    for number in DECILES if decile.notna().any() else ():
        groups.append(("imd_2025_decile", str(number), everyone[(decile == number).fillna(False)]))
    for name, column in ETHNIC_COLUMNS.items():
        groups.append(("ethnic_group", name, covered.to_frame().assign(residents=counts[column])))
    return groups if len(lsoas) else []


def _row(attribute: str, name: str, part: pd.DataFrame, suppress_below: int) -> dict[str, object]:
    """One group's figures; nulls when it is too small to publish."""
    import numpy as np

    from ml.fairness.bootstrap import bootstrap_share

    # Areas without residents of the group go first, so that the share is the very one the bootstrap bounds.
    part = part[part["residents"] > 0]
    residents = part["residents"].to_numpy()
    exposed = residents * part["covered_area_share"].to_numpy()
    row: dict[str, object] = {"attribute": attribute, "group_name": name}
    is_suppressed = bool(residents.sum() < max(suppress_below, 1))
    if is_suppressed:
        figures = [np.nan] * len(_FIGURES)
    else:
        lower, upper = bootstrap_share(exposed, residents)
        share = float(exposed.sum() / residents.sum())
        figures = [residents.sum(), np.round(exposed.sum()), share, lower, upper]
    return {**row, **dict(zip(_FIGURES, figures, strict=True)), "is_suppressed": is_suppressed}
