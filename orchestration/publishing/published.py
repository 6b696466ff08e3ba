"""Reading a release's own tables, so that its page can show nothing that was not published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


class PublishedTables:
    """The tables of one release.

    Parameters
    ----------
    folder
        The release's folder, finished or not.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "tables"

    def read(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Read one table.

        Parameters
        ----------
        name
            Table name.
        columns
            Columns to read; all when left out.

        Returns
        -------
        pandas.DataFrame
            The table, dates as datetime64; no rows and no columns when this release has no such table.
        """
        import pandas as pd
        import pyarrow.parquet as pq

        path = self._folder / f"{name}.parquet"
        if not path.is_file():
            return pd.DataFrame()
        return pq.read_table(path, columns=columns).to_pandas(date_as_object=False)
