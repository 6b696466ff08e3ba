"""Small reference files as publishers write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

WORKING_AGE = (
    "Working age population 18-59/64: for use with Employment Deprivation Domain (excluding prisoners) "
)
DOMAINS = (
    "Income",
    "Employment",
    "Education, Skills and Training",
    "Health Deprivation and Disability",
    "Crime",
    "Barriers to Housing and Services",
    "Living Environment",
)


def write(folder: Path, name: str, text: str | bytes) -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def page(folder: Path, name: str, features: list[dict[str, Any]]) -> Path:
    """Write an ArcGIS page."""
    return write(folder, name, json.dumps({"type": "FeatureCollection", "features": features}))


def csv_of(columns: dict[str, Any]) -> str:
    """Return CSV text, with a BOM as the publishers have it."""
    return "\ufeff" + pd.DataFrame(columns).to_csv(index=False, lineterminator="\r\n")


def file_7(**changes: Any) -> dict[str, Any]:
    """Return the columns of a small File 7 of 2019: two LSOAs, each domain's ranks 1 and 2."""
    code, rank, decile = "LSOA code (2011)", "Rank (where 1 is most deprived)", "Decile (where 1 is most"
    columns: dict[str, Any] = {
        code: ["E01000002", "E01000001"],
        "LSOA name (2011)": ["City 001B", "City 001A"],
        "Local Authority District code (2019)": ["E09000001"] * 2,
    }
    for domain in ("Index of Multiple Deprivation (IMD)", *DOMAINS):
        score = f"{domain} Score (rate)" if domain in ("Income", "Employment") else f"{domain} Score"
        columns |= {
            score: [80.5, 9.25],
            f"{domain} {rank}": ["1", "2"],
            f"{domain} {decile} deprived 10%": [1, 10],
        }
    columns |= {
        "Children and Young People Sub-domain Decile (where 1 is most deprived 10% of LSO": [1, 10],
        "Income Deprivation Affecting Children Index (IDACI) Score (rate)": [0.1, 0.2],
        "Total population: mid 2015 (excluding prisoners)": ["1,296", "1,156"],
        WORKING_AGE: [1, 2],
    }
    return columns | changes
