"""The suite of a release: judged on the finished folder, before anything points at it."""

from __future__ import annotations

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import DATA_ENGINEERING, GOVERNANCE, Rule, between, in_set, present

RELEASE = "published_release"


def suites() -> tuple[TableSuite, ...]:
    """Return the suite of a release."""
    parts = (_files(), _tables(), _geography(), _small_counts(), _sources())
    return (TableSuite("release", RELEASE, DATA_ENGINEERING, parts),)


def _files() -> Part:
    return Part(
        "files",
        (),
        (
            between("files_listed", "listed_count", 1, None, "a manifest that lists nothing proves nothing"),
            in_set(
                "manifest_matches_files",
                "problems",
                {""},
                "each file, and no other, is in the manifest with its hash: otherwise nobody can prove later "
                "what was published",
                scope="table",
            ),
        ),
    )


def _tables() -> Part:
    return Part(
        "tables",
        ("table",),
        (
            Rule(
                "rows_as_in_warehouse",
                "ExpectColumnPairValuesToBeEqual",
                "an exported table holds every row of the warehouse's",
                ("row_count", "warehouse_row_count"),
                kwargs={"column_A": "row_count", "column_B": "warehouse_row_count"},
            ),
            in_set(
                "columns_as_in_warehouse",
                "column_problems",
                {""},
                "an exported table has the columns and types that its documentation promises",
            ),
        ),
    )


def _geography() -> Part:
    return Part(
        "geography",
        ("file",),
        (
            between(
                "shapes_valid", "invalid_count", None, 0, "a shape that crosses itself breaks maps and areas"
            ),
            in_set(
                "grid_named", "crs", {"EPSG:27700", "EPSG:4326"}, "coordinates without their grid mislead"
            ),
            between(
                "shapes_there",
                "shape_count",
                1,
                None,
                "a map without a shape is right only where nothing was found",
                severity="warning",
            ),
        ),
    )


def _small_counts() -> Part:
    rule = between(
        "small_counts_withheld",
        "smallest_count",
        10,
        None,
        "fewer than ten people could be recognised: their counts are not published",
        owner=GOVERNANCE,
    )
    return Part("small_counts", ("table", "column"), (rule,))


def _sources() -> Part:
    return Part(
        "sources",
        ("dataset",),
        tuple(
            present(
                f"{what}_named",
                what,
                f"data may be used on the terms of their {what} alone",
                owner=GOVERNANCE,
            )
            for what in ("licence", "attribution")
        ),
    )
