"""English Indices of Deprivation: scores where published, else rebuilt from the domain ranks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.reference_readers.tables import (
    check_known,
    read_text_table,
    to_decimal,
    to_whole,
)
from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    import pandas as pd

# Weight of each domain in the index (MHCLG 2019, Technical Report, chapter 3; unchanged in 2025). They add up
# to 0.999: so the publisher rounds them, and only so do rebuilt scores equal the published ones.
DOMAIN_WEIGHTS = {
    "income_rank": 0.225,
    "employment_rank": 0.225,
    "education_rank": 0.135,
    "health_rank": 0.135,
    "crime_rank": 0.093,
    "housing_rank": 0.093,
    "environment_rank": 0.093,
}
_MEASURES = ("imd_score", "imd_rank", "imd_decile", *DOMAIN_WEIGHTS, "population_count")
_EXPONENTIAL_SCALE = 23.0
_PUBLISHED_NAMES = {
    "index of multiple deprivation (imd)": "imd",
    "income": "income",
    "employment": "employment",
    "education, skills and training": "education",
    "health deprivation and disability": "health",
    "crime": "crime",
    "barriers to housing and services": "housing",
    "living environment": "environment",
}
_TIDIED_NAMES = {
    "imd": "imd",
    "income": "income",
    "employment": "employment",
    "education": "education",
    "health": "health",
    "crime": "crime",
    "housing_and_services": "housing",
    "environment": "environment",
}
# A measure's header ends in a remark that the publisher once cut short, so only its beginning counts.
_PUBLISHED_MEASURE = re.compile(r"(?P<name>.+) (?P<measure>score|rank|decile)(?: \(.*)?")
_TIDIED_MEASURE = re.compile(r"(?P<name>.+)_(?P<measure>score|rank|decile)")
_CODE = re.compile(r"lsoa code \(20(11|21)\)|lsoa(11|21)_code")
_DISTRICT = re.compile(r"local authority district (?:code|name) \((?P<year>20\d\d)\)")
# The districts of each edition's files tell it from earlier editions by the same LSOAs.
_DISTRICT_YEARS = {"lsoa_2011_code": "2019", "lsoa_2021_code": "2024"}
_POPULATION = re.compile(r"total population: mid 20\d\d.*")
_KNOWN_EXTRAS = (
    r"lsoa name \(20(11|21)\)|local authority district (code|name) \(20\d\d\)|"
    r"(dependent children|population|older population) aged .*|working age population .*|"
    r"income deprivation affecting (children|older people) .*|"
    r"(children and young people|adult skills|geographical barriers|wider barriers|indoors|outdoors)"
    r" sub-domain .*"
)


def read_deprivation(files: Sequence[Path], code_column: str) -> pd.DataFrame:
    """Return one row per LSOA with IMD score, rank and decile, the seven domain ranks and the population.

    Columns are found by the pattern of their headers, never by position. The measures may be spread over
    several files (ranks in one, population in another), which are joined on the LSOA's code.

    Parameters
    ----------
    files
        File 7 of an edition; or Files 2 and 6 of 2019; or a tidied table of 2025.
    code_column
        ``lsoa_2011_code`` or ``lsoa_2021_code``.

    Returns
    -------
    pandas.DataFrame
        ``imd_score`` is never missing where the ranks are there; ``imd_score_basis`` says where it is from.

    Raises
    ------
    SourceError
        When a column is missing or unknown, or a value is not a number.
    """
    import pandas as pd

    frame = _read_one(files[0], code_column)
    for path in files[1:]:
        other = _read_one(path, code_column)
        added = [name for name in other.columns if name not in frame.columns]
        frame = frame.merge(other[[code_column, *added]], on=code_column, how="outer")
    _require(frame, ["imd_rank", "imd_decile", *DOMAIN_WEIGHTS], files)
    if "population_count" not in frame.columns:
        if code_column == "lsoa_2011_code":
            _require(frame, ["population_count"], files)
        frame["population_count"] = pd.array([pd.NA] * len(frame), dtype="Int64")
    return _with_score(frame)


def rebuild_imd_score(ranks: pd.DataFrame) -> pd.Series:
    """Rebuild the IMD score from the ranks of the seven domains.

    Each domain's rank r of n (1 = most deprived) is scaled to R = (n - r + 1) / n and transformed to
    E = -23 ln(1 - R (1 - exp(-100 / 23))), which runs from 0 to 100 and keeps a lack of deprivation in one
    domain from cancelling deprivation in another; the score is the weighted sum.

    Parameters
    ----------
    ranks
        Shape (n, 7 or more), one row per LSOA of the whole country, with the columns of
        :data:`DOMAIN_WEIGHTS`.

    Returns
    -------
    pandas.Series
        Shape (n,), 0 to 99.9; agrees with the published three decimals to 0.001.

    References
    ----------
    Ministry of Housing, Communities and Local Government (2019), The English Indices of Deprivation 2019:
    Technical Report, chapter 3 and appendix on the exponential transformation.
    """
    import numpy as np

    domains = ranks[list(DOMAIN_WEIGHTS)].astype("float64")
    ranked = max(len(domains), domains.max().max())
    scaled = (ranked - domains + 1) / ranked
    floor = 1 - np.exp(-100 / _EXPONENTIAL_SCALE)
    transformed = -_EXPONENTIAL_SCALE * np.log(1 - scaled * floor)
    return (transformed * np.array(list(DOMAIN_WEIGHTS.values()))).sum(axis=1, skipna=False)


def _read_one(path: Path, code_column: str) -> pd.DataFrame:
    raw = read_text_table(path)
    _refuse_other_edition(raw, code_column, path)
    names = {str(column): _canonical(str(column), code_column) for column in raw.columns}
    check_known([column for column, name in names.items() if name is None], _KNOWN_EXTRAS, path)
    wanted = {code_column, *_MEASURES}
    frame = raw[[column for column, name in names.items() if name in wanted]].rename(columns=names)
    if code_column not in frame.columns:
        raise SourceError(
            str(path),
            f"it has no column of {code_column}",
            "check that this is the edition named in the catalogue",
        )
    if frame.columns.has_duplicates or frame[code_column].duplicated().any():
        raise SourceError(str(path), "an LSOA or a measure is there twice", "fetch the file again")
    return frame.assign(
        **{
            name: to_decimal(frame[name], path) if name == "imd_score" else to_whole(frame[name], path)
            for name in frame.columns
            if name != code_column
        }
    )


def _refuse_other_edition(raw: pd.DataFrame, code_column: str, path: Path) -> None:
    headers = [str(column).strip().casefold() for column in raw.columns]
    census = {next(filter(None, found.groups())) for text in headers if (found := _CODE.fullmatch(text))}
    districts = {found["year"] for text in headers if (found := _DISTRICT.fullmatch(text))}
    wanted = "11" if code_column == "lsoa_2011_code" else "21"
    remedy = "supply the edition named in the catalogue; its home page is in docs/data_contracts/reference.md"
    if census and wanted not in census:
        raise SourceError(
            str(path), f"it is by LSOAs of 20{min(census)}, where those of 20{wanted} are wanted", remedy
        )
    if districts - {_DISTRICT_YEARS[code_column]}:
        raise SourceError(
            str(path),
            f"its districts are of {min(districts)}, where this edition has those of "
            f"{_DISTRICT_YEARS[code_column]}",
            remedy,
        )


def _canonical(column: str, code_column: str) -> str | None:
    """Return the canonical name for a header, or nothing when it is no measure of index or domain."""
    header = column.strip().casefold()
    vintage = "11" if code_column == "lsoa_2011_code" else "21"
    if found := _CODE.fullmatch(header):
        return code_column if vintage in found.groups() else None
    if _POPULATION.fullmatch(header):
        return "population_count"
    for pattern, known in ((_PUBLISHED_MEASURE, _PUBLISHED_NAMES), (_TIDIED_MEASURE, _TIDIED_NAMES)):
        found = pattern.fullmatch(header)
        if found and found["name"] in known:
            return f"{known[found['name']]}_{found['measure']}"
    return None


def _require(frame: pd.DataFrame, columns: Sequence[str], files: Sequence[Path]) -> None:
    lacking = [name for name in columns if name not in frame.columns]
    if lacking:
        raise SourceError(
            ", ".join(map(str, files)),
            f"no column of {lacking[0]} was found",
            "supply File 7 of the edition, or Files 2 and 6 together",
        )


def _with_score(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    published = frame["imd_score"] if "imd_score" in frame.columns else pd.Series(float("nan"), frame.index)
    return frame.assign(
        imd_score=published.fillna(rebuild_imd_score(frame)),
        imd_score_basis=published.notna().map({True: "published", False: "rebuilt_from_domain_ranks"}),
    )
