"""The reference data of the synthetic geography, made as frames and taken through their real gates."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from data_quality.gate import run_gate
from data_quality.promotion import promote
from data_quality.schemas import DOMAIN_RANKS, schema_of
from orchestration.bench_national.geography import Geography
from orchestration.paths import DataPaths
from orchestration.provenance import land
from orchestration.sources.catalogue import CATALOGUE
from orchestration.sources.types import Fetched

if TYPE_CHECKING:
    import pandas as pd

GROUPS = ("Asian", "Black", "Mixed", "White", "Other")


def write_reference(geography: Geography, paths: DataPaths) -> None:
    """Land and gate every reference dataset that the marts need; only the readers of files are left out.

    Raises
    ------
    RuntimeError
        When a gate refuses what was made.
    """
    for dataset, frame in _frames(geography).items():
        content = io.BytesIO()
        frame.to_parquet(content)
        file = Fetched(f"{dataset}.parquet", content.getvalue(), "synthetic", None, "2025")
        held = land(paths.landing(dataset), CATALOGUE[dataset].description, [file])
        outcome = run_gate(
            dataset,
            frame[schema_of(dataset).names],
            partition=None,
            data_version=held.data_version,
            record_count_landed=len(frame),
        )
        verdict = promote(outcome, paths.validated(dataset), paths.quarantine(dataset))
        if verdict.status != "passed":
            raise RuntimeError(f"{dataset}: {verdict.reason}")


def _frames(geography: Geography) -> dict[str, pd.DataFrame]:
    import numpy as np
    import pandas as pd
    import shapely

    codes = geography.codes_2021
    count = len(codes)
    force_areas = [area for _, area in geography.forces]
    districts = np.array(
        [f"{'E07' if area.startswith('E') else 'W06'}{n:06d}" for n, area in enumerate(force_areas)]
    )
    lads = districts[geography.force_of_lsoa]
    lookup = _lookup(geography, lads)
    west, south = geography.west_m, geography.south_m
    residents = 1_000 + (np.arange(count) * 37) % 1_500
    old_codes = sorted({code for code in lookup["lsoa_2011_code"] if code.startswith("E")})
    english = [code for code in codes if code.startswith("E")]
    return {
        "ons_lsoa_2011_2021_lookup": lookup,
        "ons_lsoa_2021_boundaries": pd.DataFrame(
            {
                "lsoa_2021_code": codes,
                "lsoa_2021_name": codes,
                "is_point_in_polygon_grade": True,
                "geometry_wkb": shapely.to_wkb(shapely.box(west, south, west + 1_000, south + 1_000)),
            }
        ),
        "ons_lsoa_2021_centroids": pd.DataFrame(
            {"lsoa_2021_code": codes, "easting_m": west + 500, "northing_m": south + 500}
        ),
        "ons_lsoa_2021_wards": pd.DataFrame(
            {
                "lsoa_2021_code": codes,
                "lsoa_2021_name": codes,
                "ward_2024_code": [f"{code[0]}05{n // 5:06d}" for n, code in enumerate(codes)],
                "ward_2024_name": "Ward",
                "lad_2024_code": lads,
                "lad_2024_name": lads,
            }
        ),
        "ons_lad_police_forces": pd.DataFrame(
            {
                "lad_2024_code": districts,
                "lad_2024_name": districts,
                "police_force_area_code": force_areas,
                "police_force_area_name": [slug for slug, _ in geography.forces],
            }
        ),
        "nomis_population": pd.concat(
            [
                pd.DataFrame(
                    {
                        "lsoa_2021_code": codes,
                        "population_year": np.int32(year),
                        "population_count": residents + year - 2022,
                    }
                )
                for year in (2022, 2023, 2024)
            ],
            ignore_index=True,
        ),
        "nomis_ethnicity": pd.DataFrame(
            {
                "lsoa_2021_code": np.repeat(codes, len(GROUPS)),
                "ethnic_group": list(GROUPS) * count,
                "resident_count": np.repeat(residents // 5, len(GROUPS)),
            }
        ),
        "nomis_age_sex": _ages(districts, geography.force_of_lsoa, residents + 2024 - 2022),
        "iod_2019": _deprivation("lsoa_2011_code", old_codes),
        "iod_2025": _deprivation("lsoa_2021_code", english),
    }


def _lookup(geography: Geography, lads: object) -> pd.DataFrame:
    import pandas as pd

    pairs = pd.DataFrame(
        {
            "lsoa_2011_code": geography.codes_2011,
            "lsoa_2021_code": geography.codes_2021,
            "change_indicator": geography.changes,
            "lad_2022_code": lads,
        }
    )
    merged = pairs.loc[list(geography.second_parents)].assign(
        lsoa_2011_code=list(geography.second_parents.values())
    )
    pairs = pd.concat([pairs, merged], ignore_index=True)
    return pairs.assign(
        lsoa_2011_name=pairs["lsoa_2011_code"],
        lsoa_2021_name=pairs["lsoa_2021_code"],
        lad_2022_name=pairs["lad_2022_code"],
    )


def _ages(districts: object, district_of_lsoa: object, residents: object) -> pd.DataFrame:
    """Spread the residents of each district's areas over sexes and ages, the first cells one more."""
    import numpy as np
    import pandas as pd

    codes = np.asarray(districts)
    cells = pd.MultiIndex.from_product(
        [codes, ("Female", "Male"), range(91)], names=["lad_2023_code", "sex", "age_years"]
    ).to_frame(index=False)
    each, more = np.divmod(np.bincount(np.asarray(district_of_lsoa), np.asarray(residents)).astype(int), 182)
    counts = each[:, None] + (np.arange(182) < more[:, None])
    return cells.assign(
        lad_2023_name=cells["lad_2023_code"],
        population_year=np.int32(2024),
        age_years=cells["age_years"].astype("int32"),
        resident_count=counts.ravel(),
    )


def _deprivation(code_column: str, codes: list[str]) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    rank = np.arange(1, len(codes) + 1, dtype=np.int32)
    return pd.DataFrame(
        {
            code_column: codes,
            "imd_score": np.linspace(90, 1, len(codes)),
            "imd_score_basis": "published",
            "imd_rank": rank,
            "imd_decile": ((rank - 1) * 10 // len(codes) + 1).astype(np.int32),
            **dict.fromkeys(DOMAIN_RANKS, rank),
            "population_count": np.full(len(codes), 1_500),
        }
    )
