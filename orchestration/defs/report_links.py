"""Links from a check in Dagster's pages to the part of the validation report that is about it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import dagster as dg

from data_quality.report_pages import RAW, dataset_page, partition_link

_MOST_LINKS = 20


def report_links(
    index: Path,
    dataset: str,
    refused: Iterable[tuple[str | None, str | None]] = (),
    boundary: str = RAW,
) -> dict[str, Any]:
    """Return check metadata that leads to the dataset's page and to each partition that was refused.

    The report is written later in the run than the check; the addresses depend on names only, so they hold.
    Browsers do not follow a link from a served page to a local file, so the path is given to copy as well.

    Parameters
    ----------
    index
        First page of the report.
    dataset
        The dataset, or the table of a later boundary.
    refused
        Month and force of what was refused, none and none for what comes whole; the first 20 are linked.
    boundary
        Where it was judged.
    """
    folder = index.parent.resolve()
    page = folder / dataset_page(dataset, boundary)
    links: dict[str, Any] = {
        "report": dg.MetadataValue.url(page.as_uri()),
        "report_path": dg.MetadataValue.path(page),
    }
    addresses = [
        f"{folder.as_uri()}/{partition_link(dataset, month, force, boundary)}"
        for month, force in list(refused)[:_MOST_LINKS]
    ]
    if len(addresses) == 1:
        links["report_of_refused"] = dg.MetadataValue.url(addresses[0])
    elif addresses:
        links["report_of_refused"] = dg.MetadataValue.md("\n".join(f"- <{address}>" for address in addresses))
    return links
