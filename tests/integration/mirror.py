"""A folder of files as a person would have downloaded them, made from what the sandbox serves."""

import gzip
import json
import zipfile
from pathlib import Path

import pandas as pd

from orchestration.environment import read_settings
from orchestration.landing import land_reference
from orchestration.paths import DataPaths
from orchestration.upstream import open_upstream

_TABLES = {
    "ons_lsoa_2011_2021_lookup": "LSOA11_LSOA21_LAD22_EW_LU_v5.csv",
    "ons_lsoa_2021_wards": "LSOA21_WD24_LAD24_EW_LU.csv",
    "ons_lad_police_forces": "LAD24_CSP24_PFA24_EW_LU.csv",
    "ons_lsoa_2021_centroids": "LSOA_PopCentroids_EW_2021_V4.csv",
}
_CSV_PAGES = {"nomis_population": "nm_2014_1.csv", "nomis_ethnicity": "nm_2041_1.csv"}
_AS_THEY_LIE = ("iod_2019", "iod_2025")
_BOUNDARIES = "Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5.geojson"


def make_mirror(folder: Path, months: tuple[str, ...]) -> tuple[Path, Path]:
    """Unpack the sandbox's archive and put its reference data into files.

    Returns
    -------
    tuple of Path
        The archive folder, with gzipped members of the months given, and the reference folder.
    """
    sandbox = _landed_sandbox(folder / "sandbox")
    archive, reference = folder / "archive", folder / "reference"
    reference.mkdir(parents=True)
    (packed,) = sandbox.sandbox_cache.glob("*.zip")
    with zipfile.ZipFile(packed) as members:
        for name in members.namelist():
            if name.startswith(months) and name.endswith(".csv"):
                target = archive / f"{name}.gz"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(gzip.compress(members.read(name), mtime=0))
    for dataset, name in _TABLES.items():
        rows = [feature.get("properties") or feature["attributes"] for feature in _features(sandbox, dataset)]
        pd.DataFrame(rows).to_csv(reference / name, index=False)
    boundaries = {"type": "FeatureCollection", "features": _features(sandbox, "ons_lsoa_2021_boundaries")}
    (reference / _BOUNDARIES).write_text(json.dumps(boundaries))
    for dataset, name in _CSV_PAGES.items():
        pages = [pd.read_csv(page, dtype=str) for page in sorted(sandbox.landing(dataset).glob("*.csv"))]
        pd.concat(pages).to_csv(reference / name, index=False)
    for dataset in _AS_THEY_LIE:
        for file in sandbox.landing(dataset).glob("*.csv"):
            (reference / file.name).write_bytes(file.read_bytes())
    return archive, reference


def _landed_sandbox(root: Path) -> DataPaths:
    settings = read_settings({"CRIMEHARM_PROFILE": "sandbox", "CRIMEHARM_DATA": str(root)})
    upstream, paths = open_upstream(settings), DataPaths(root)
    for dataset in (*_TABLES, *_CSV_PAGES, *_AS_THEY_LIE, "ons_lsoa_2021_boundaries"):
        assert land_reference(dataset, upstream, paths).provenance
    # The archive is packed when it is first asked for.
    upstream.archive().members()
    return paths


def _features(sandbox: DataPaths, dataset: str) -> list[dict]:
    pages = sorted(page for page in sandbox.landing(dataset).glob("*.json") if page.name != "provenance.json")
    return [feature for page in pages for feature in json.loads(page.read_text())["features"]]
