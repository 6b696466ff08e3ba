"""Published tables: ordered, compressed, and with small counts of people withheld."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.publishing.errors import ReleaseError

if TYPE_CHECKING:
    import duckdb

SMALL_COUNT = 10
REQUIRED_TABLES = (
    "audit_coverage",
    "audit_row_reconciliation",
    "dim_lsoa",
    "dim_month",
    "fct_crime_lsoa_month",
    "fct_crimes",
    "mart_harm_force_month",
    "mart_harm_ranking",
    "mart_harm_scheme_sensitivity",
    "mart_stops_ethnicity",
)
# Not every mart: one that counts people's searches needs its small counts withheld first.
_PUBLISHED_PREFIXES = (
    "audit_",
    "mart_crime_area_",
    "mart_crime_change_",
    "mart_deprivation_",
    "mart_harm_",
    "mart_resident_",
    "ml_",
)
# A proposal is no finding: what is published of it is a document that says what became of it.
_PROPOSALS = frozenset({"ml_patrol_plan"})
#: Counts of searches, and what says of each whether it is withheld.
_STOP_COUNTS = {
    "stop_count": "is_stop_withheld",
    "stop_count_without_repeats": "is_stop_withheld",
    "arrest_count": "is_arrest_withheld",
    "further_action_count": "is_outcome_withheld",
    "no_further_action_count": "is_outcome_withheld",
}
#: Columns that the published ``is_suppressed`` of a table is made of.
SUPPRESSED_FROM = {
    "mart_stops_ethnicity": tuple(_STOP_COUNTS),
    "ml_fairness_stops": ("is_suppressed", "stop_count"),
    "ml_fairness_stop_rates": ("is_suppressed", "stop_count", "stop_count_without_repeats"),
}
_STOP_RATES = (
    "rate_per_1000",
    "rate_per_1000_lower",
    "rate_per_1000_upper",
    "rate_ratio",
    "rate_ratio_lower",
    "rate_ratio_upper",
    "rate_ratio_best_case",
    "rate_ratio_worst_case",
    "no_further_action_share",
    "no_further_action_share_lower",
    "no_further_action_share_upper",
)
_STOP_KEY = ("force_slug", "ethnicity_basis", "ethnic_group")
_WITHHELD = "withheld_counts_of_searches"
_ROW_GROUP_ROWS = 122_880
_MEMORY_LIMIT = "2GB"


def quote_identifier(name: str) -> str:
    """Quote an SQL identifier.

    Parameters
    ----------
    name
        Table, schema or catalogue name, as stored.

    Returns
    -------
    str
        The name between double quotes, with inner ones doubled.
    """
    return '"' + name.replace('"', '""') + '"'


def quote_text(value: str) -> str:
    """Quote an SQL string, for statements that take no parameters (ATTACH, COPY).

    Parameters
    ----------
    value
        The text.

    Returns
    -------
    str
        The text between single quotes, with inner ones doubled.
    """
    return "'" + value.replace("'", "''") + "'"


@contextmanager
def open_warehouse(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for reading only, on one thread so that files come out byte for byte the same.

    Parameters
    ----------
    warehouse
        The DuckDB file.

    Yields
    ------
    duckdb.DuckDBPyConnection
        A connection whose current catalogue is the warehouse.

    Raises
    ------
    ReleaseError
        When there is no such file.
    """
    import duckdb

    if not warehouse.is_file():
        raise ReleaseError(
            warehouse.name, "is not there", "materialise the warehouse assets before publishing"
        )
    connection = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": _MEMORY_LIMIT})
    try:
        # dbt writes the catalogue's name, which is the file's stem, into the views.
        catalogue = quote_identifier(warehouse.stem)
        connection.execute(f"ATTACH {quote_text(str(warehouse))} AS {catalogue} (READ_ONLY)")
        connection.execute(f"USE {catalogue}")
        yield connection
    finally:
        connection.close()


def is_published(name: str) -> bool:
    """Return whether a table of the warehouse is part of a release."""
    return name in REQUIRED_TABLES or (name.startswith(_PUBLISHED_PREFIXES) and name not in _PROPOSALS)


def published_tables(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Find the tables to publish.

    Parameters
    ----------
    connection
        The open warehouse.

    Returns
    -------
    dict
        Table name to its quoted, schema-qualified name, in order of name: the required tables, every
        ``audit_`` and ``ml_`` table but proposals, and every mart about areas, that there is.

    Raises
    ------
    ReleaseError
        When a required table is missing, or a name is in several schemas.
    """
    rows = connection.execute(
        "select table_name, table_schema from information_schema.tables"
        " where table_catalog = current_database() order by table_name, table_schema"
    ).fetchall()
    tables: dict[str, str] = {}
    for name, schema in rows:
        if not is_published(name):
            continue
        if name in tables:
            raise ReleaseError(
                f"warehouse table {name}",
                "is in more than one schema",
                "drop the copy that dbt does not build",
            )
        tables[name] = f"{quote_identifier(schema)}.{quote_identifier(name)}"
    missing = sorted(set(REQUIRED_TABLES) - set(tables))
    if missing:
        raise ReleaseError(
            f"warehouse tables {', '.join(missing)}",
            "are missing",
            "materialise the dbt models before publishing",
        )
    return tables


def export_tables(connection: duckdb.DuckDBPyConnection, tables: dict[str, str], folder: Path) -> None:
    """Write each table as one Parquet file (zstd), ordered by every column so that the bytes are stable.

    Parameters
    ----------
    connection
        The open warehouse.
    tables
        From `published_tables`.
    folder
        Where ``<name>.parquet`` goes; must exist.
    """
    for name, qualified in tables.items():
        target = quote_text(str(folder / f"{name}.parquet"))
        connection.execute(
            f"COPY ({selection(connection, name, qualified)} ORDER BY ALL) TO {target}"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP_ROWS})"
        )


def last_month_of_data(connection: duckdb.DuckDBPyConnection, tables: dict[str, str]) -> str:
    """Find the last month that has recorded crime.

    Parameters
    ----------
    connection
        The open warehouse.
    tables
        From `published_tables`.

    Returns
    -------
    str
        ``YYYY-MM``.

    Raises
    ------
    ReleaseError
        When there is no crime at all: an empty release would replace a good one.
    """
    table = tables["mart_harm_force_month"]
    row = connection.execute(f"select strftime(max(crime_month), '%Y-%m') from {table}").fetchone()
    if row is None or row[0] is None:
        raise ReleaseError(
            "mart_harm_force_month",
            "holds no month of crime, so that there is nothing to publish",
            "look in audit_coverage for why every partition is absent or withheld",
        )
    return str(row[0])


def selection(connection: duckdb.DuckDBPyConnection, name: str, qualified: str) -> str:
    """Return the query of a table as it is published: without counts of searches that are small or give one.

    Parameters
    ----------
    connection
        The open warehouse; a temporary view of what is withheld is left in it.
    name
        The table.
    qualified
        Its quoted, schema-qualified name.

    Returns
    -------
    str
        The query.
    """
    if name == "mart_stops_ethnicity":
        _register_withheld(connection, qualified)
        columns = ", ".join(f"if({flag}, null, {c}) AS {c}" for c, flag in _STOP_COUNTS.items())
        flags = list(dict.fromkeys(_STOP_COUNTS.values()))
        any_flag = " OR ".join(flags)
        return (
            f"SELECT * EXCLUDE ({', '.join(flags)}) REPLACE ({columns}), {any_flag} AS is_suppressed"
            f" FROM {qualified} INNER JOIN {_WITHHELD} USING ({', '.join(_STOP_KEY)})"
        )
    if name == "ml_fairness_stops":
        # A rate times its residents gives the count back, so rates go with the count.
        small = f"(coalesce(is_suppressed, false) OR coalesce(stop_count < {SMALL_COUNT}, false))"
        columns = ", ".join(f"if({small}, null, {c}) AS {c}" for c in ("stop_count", *_STOP_RATES))
        return f"SELECT * REPLACE ({columns}, {small} AS is_suppressed) FROM {qualified}"
    return f"SELECT * FROM {qualified}"


def _register_withheld(connection: duckdb.DuckDBPyConnection, qualified: str) -> None:
    """Leave a view of what is withheld of `mart_stops_ethnicity`: the same as in the tables of ``ml``."""
    from ml.fairness.withheld_stops import withheld_arrests, withheld_stops

    stops = connection.execute(f"SELECT * FROM {qualified}").df()
    flags = withheld_stops(stops, small=SMALL_COUNT)
    arrests = withheld_arrests(stops, flags["is_outcome_withheld"], small=SMALL_COUNT)
    withheld = stops[list(_STOP_KEY)].join(flags.assign(is_arrest_withheld=arrests))
    connection.register(_WITHHELD, withheld)
