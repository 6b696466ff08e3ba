"""Faults that only the whole flow can see: judged by the gate first, then by dbt's tests on a whole build."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_quality.gate import run_gate
from data_quality.promotion import PART_FILE, promote
from data_quality.verdicts import VERDICT_FILE
from orchestration.gating import gate_police
from orchestration.landing import land_police
from orchestration.paths import DataPaths
from orchestration.provenance import PROVENANCE_FILE, read_provenance
from orchestration.sources.police_uk.archive import open_archive
from orchestration.sources.reference_readers import read_reference
from orchestration.sources.types import Partition
from tests.faults.edits import Edit, drop, drop_where, put, rewrite, swap
from tests.faults.gates import alarms_of
from tests.faults.model import Alarm, Fault, Severity
from tests.faults.world import EAST, MONTH, WEST, member_name

if TYPE_CHECKING:
    import pandas as pd

Corruption = Callable[[DataPaths], frozenset[Alarm] | None]
_NEWEST = Partition(MONTH, EAST)
_UNVALIDATED = "assert_no_unvalidated_partition"
_PLACES = "points_lie_in_the_areas_of_their_codes"
_COMPLETE = "assert_every_area_has_its_reference_data"


def folder_faults() -> tuple[Fault, ...]:
    """Return the faults of verdicts, of partitions and of reference data as the whole flow meets them."""
    return (*_verdicts(), *_months(), *_references(), *_benign())


def _fault(corrupts: str) -> Callable[..., Fault]:
    def fault(
        name: str, story: str, corrupt: Corruption, rule: str, severity: Severity = "critical"
    ) -> Fault:
        return Fault(name, "data folder", corrupts, story, corrupt, rule, severity)

    return fault


def _verdicts() -> tuple[Fault, ...]:
    fault = _fault("verdicts and partitions")
    return (
        fault(
            "partition_without_verdict",
            "Somebody copies a Parquet file into the folder past the gate.",
            lambda paths: (_street(paths) / VERDICT_FILE).unlink(),
            _UNVALIDATED,
        ),
        fault(
            "verdict_of_other_bytes",
            "A newer file is landed, and the gate has not judged it yet.",
            lambda paths: _amend(
                paths.landing("police_street", _NEWEST) / PROVENANCE_FILE, data_version="f" * 64
            ),
            _UNVALIDATED,
        ),
        fault(
            "validated_file_replaced",
            "Another force's Parquet file is copied over this one's, and its verdict stays.",
            lambda paths: _copy(_street(paths, WEST), _street(paths), PART_FILE),
            _UNVALIDATED,
        ),
        fault(
            "partition_copied_with_its_verdict",
            "A whole folder is copied to stand for a month that is missing.",
            lambda paths: _copy(_street(paths, WEST), _street(paths), PART_FILE, VERDICT_FILE),
            _UNVALIDATED,
        ),
        fault(
            "verdict_failed_and_file_left",
            "A gate is stopped after its verdict and before it takes the old file away.",
            lambda paths: _amend(_street(paths) / VERDICT_FILE, status="failed"),
            _UNVALIDATED,
        ),
        fault(
            "verdict_made_up",
            "A verdict is written by hand, without the checksum of the file that it lets pass.",
            lambda paths: _amend(_street(paths) / VERDICT_FILE, parquet_sha256=None),
            _UNVALIDATED,
        ),
        fault(
            "second_file_in_a_partition",
            "A tool leaves its own copy beside the file that the gate wrote: the month would count twice.",
            lambda paths: (
                shutil.copyfile(_street(paths) / PART_FILE, _street(paths) / "part-copy.parquet") and None
            ),
            "unique_combination_int_gate_accepted_files_dataset__month__force",
        ),
    )


def _months() -> tuple[Fault, ...]:
    fault = _fault("a month's records")
    return (
        fault(
            "half_of_a_month_lost",
            "A force's export stops halfway, at the end of a record, and nothing in the file says so.",
            _with_file("police_street", rewrite(drop(0.5))),
            "no_month_has_an_anomalous_volume",
            "warning",
        ),
        fault(
            "month_three_times_its_size",
            "Three months' crimes are dated to the month in which a new system was filled.",
            _with_file("police_street", rewrite(_thrice)),
            "no_month_has_an_anomalous_volume",
            "warning",
        ),
        fault(
            "category_gone_from_a_month",
            "A force's new system does not hand in one category.",
            _with_file("police_street", rewrite(drop_where("Crime type", "Violence and sexual offences"))),
            "assert_no_category_is_missing",
            "warning",
        ),
        fault(
            "other_forces_file_under_this_name",
            "Two forces' files are exchanged when they are copied.",
            _with_file_of(WEST),
            "assert_crimes_lie_in_their_forces_area",
            "warning",
        ),
        fault(
            "points_in_the_sea",
            "A projection with the wrong datum moves the points some hundred kilometres east.",
            _with_file(
                "police_street",
                rewrite(put({"Longitude": "1.500000", "Latitude": "55.500000"}, 0.3, among="Longitude")),
            ),
            _PLACES,
            "warning",
        ),
        fault(
            "points_in_ireland",
            "A geocoder takes street names for those of Dublin, inside the box around Great Britain.",
            _with_file(
                "police_street",
                rewrite(put({"Longitude": "-6.260000", "Latitude": "53.350000"}, 0.3, among="Longitude")),
            ),
            _PLACES,
            "warning",
        ),
        fault(
            "sign_of_longitude_lost",
            "A form refuses negative numbers, and west becomes east.",
            _with_file(
                "police_street", rewrite(put({"Longitude": lambda x: x.str.lstrip("-")}, among="Longitude"))
            ),
            _PLACES,
            "warning",
        ),
        fault(
            "coordinates_rounded",
            "Coordinates are rounded to one decimal, some ten kilometres, to protect somebody.",
            _with_file(
                "police_street",
                rewrite(
                    put(
                        {
                            n: lambda x: x.astype(float).round(1).map("{:.6f}".format)
                            for n in ("Longitude", "Latitude")
                        },
                        among="Longitude",
                    )
                ),
            ),
            _PLACES,
            "warning",
        ),
        fault(
            "lsoa_codes_of_no_census",
            "A force assigns codes of areas that no census knows.",
            _with_file(
                "police_street",
                rewrite(
                    put(
                        {"LSOA code": lambda x: "E019" + x.str[4:].str.replace("0", "9", n=1)},
                        among="LSOA code",
                    )
                ),
            ),
            "assert_supplied_codes_are_of_a_census",
            "warning",
        ),
    )


def _references() -> tuple[Fault, ...]:
    fault = _fault("reference data in use")
    return (
        fault(
            "lookup_lacks_areas",
            "A page of the look-up is lost: crimes of those areas would be nowhere.",
            _with_reference("ons_lsoa_2011_2021_lookup", drop(0.1)),
            "relationships_fct_crimes_lsoa_code__lsoa_code__ref_dim_lsoa_",
        ),
        fault(
            "boundaries_lack_areas",
            "A page of the boundaries is lost.",
            _with_reference("ons_lsoa_2021_boundaries", drop(0.1)),
            _COMPLETE,
        ),
        fault(
            "centroids_lack_areas",
            "A page of the centroids is lost.",
            _with_reference("ons_lsoa_2021_centroids", drop(0.1)),
            _COMPLETE,
        ),
        fault(
            "wards_lack_areas",
            "A page of the ward look-up is lost.",
            _with_reference("ons_lsoa_2021_wards", drop(0.1)),
            _COMPLETE,
        ),
        fault(
            "population_lacks_areas",
            "A page of the populations is lost.",
            _with_reference("nomis_population", drop(0.1)),
            _COMPLETE,
        ),
        fault(
            "population_zero",
            "A failed download is filled with zeros.",
            _with_reference("nomis_population", put({"population_count": 0})),
            _COMPLETE,
        ),
        fault(
            "centroids_axes_exchanged",
            "Eastings and northings are exchanged, both still inside the grid.",
            _with_reference("ons_lsoa_2021_centroids", swap("easting_m", "northing_m")),
            "assert_centroids_lie_by_their_areas",
        ),
        fault(
            "deprivation_lacks_areas",
            "A sheet is cut off at a row limit.",
            _with_reference("iod_2025", drop(0.1)),
            "every_english_lsoa_has_a_deprivation_score",
        ),
        fault(
            "deprivation_of_another_edition",
            "The index of 2019, by areas of 2011, is landed for that of 2025.",
            _of_another_edition,
            "every_english_lsoa_has_a_deprivation_score",
        ),
        fault(
            "district_without_force",
            "A new district is not yet in the look-up of forces.",
            _with_reference("ons_lad_police_forces", drop(0.2)),
            _COMPLETE,
        ),
        fault(
            "ethnicity_lacks_areas",
            "A page of the census table is lost.",
            _with_reference(
                "nomis_ethnicity", lambda f: f[f["lsoa_2021_code"] != f["lsoa_2021_code"].iloc[0]]
            ),
            _COMPLETE,
        ),
    )


def _benign() -> tuple[Fault, ...]:
    return (
        Fault(
            "partition_gated_again",
            "data folder",
            "verdicts and partitions",
            "The same bytes are landed and judged once more.",
            _with_file("police_street", lambda c: c),
        ),
    )


def _street(paths: DataPaths, force: str = EAST) -> Path:
    return paths.validated("police_street", Partition(MONTH, force))


def _amend(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def _copy(source: Path, target: Path, *names: str) -> None:
    for name in names:
        shutil.copyfile(source / name, target / name)


def _with_file(dataset: str, corrupt: Callable[[bytes], bytes]) -> Corruption:
    """Return the corruption of the newest month's file, landed anew and judged by its gate."""

    def bring_in(paths: DataPaths) -> frozenset[Alarm]:
        name = member_name(dataset, _NEWEST)
        held = paths.landing(dataset, _NEWEST) / Path(name).name
        target = paths.root / "revised" / name
        target.parent.mkdir(parents=True)
        target.write_bytes(corrupt(held.read_bytes()))
        land_police(dataset, [_NEWEST], open_archive(target.parents[1]), paths)
        return alarms_of(gate_police(dataset, [_NEWEST], paths, workers=1))

    return bring_in


def _with_file_of(force: str) -> Corruption:
    def bring_in(paths: DataPaths) -> frozenset[Alarm]:
        other = Partition(MONTH, force)
        folder = paths.landing("police_street", other)
        content = (folder / Path(member_name("police_street", other)).name).read_bytes()
        return _with_file("police_street", lambda held: content)(paths) or frozenset()

    return bring_in


def _with_reference(dataset: str, edit: Edit) -> Corruption:
    """Return the corruption of a reference dataset's records, judged and, when they pass, promoted."""

    def bring_in(paths: DataPaths) -> frozenset[Alarm]:
        return _promote(paths, dataset, edit(_read(paths, dataset)))

    return bring_in


def _of_another_edition(paths: DataPaths) -> frozenset[Alarm]:
    older = _read(paths, "iod_2019").rename(columns={"lsoa_2011_code": "lsoa_2021_code"})
    return _promote(paths, "iod_2025", older)


def _read(paths: DataPaths, dataset: str) -> pd.DataFrame:
    folder = paths.landing(dataset)
    provenance = read_provenance(folder)
    assert provenance is not None
    return read_reference(dataset, [folder / file.name for file in provenance.files])


def _promote(paths: DataPaths, dataset: str, frame: pd.DataFrame) -> frozenset[Alarm]:
    provenance = read_provenance(paths.landing(dataset))
    assert provenance is not None
    outcome = run_gate(
        dataset, frame, partition=None, data_version=provenance.data_version, record_count_landed=None
    )
    verdict = promote(outcome, paths.validated(dataset), paths.quarantine(dataset))
    return alarms_of([verdict])


def _thrice(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    again = [
        frame.assign(
            **{"Crime ID": frame["Crime ID"].str[:-1] + digit, "Location": frame["Location"] + digit}
        )
        for digit in "gh"
    ]
    for part in again:
        part["Crime ID"] = part["Crime ID"].str.replace("[gh]$", "0", regex=True)
    return pd.concat([frame, *again], ignore_index=True)
