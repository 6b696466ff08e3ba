"""The benchmark of hotspots measures work that is really done."""

from __future__ import annotations

from orchestration.bench_hotspots import clustered_records, grid_row, point_row


def test_rows_are_measured_on_what_clusters() -> None:
    """Points that do not cluster, or lie on one another, would make the figures of nothing at all."""
    assert not clustered_records(2_000).duplicated(["easting_m", "northing_m"]).any()
    cells = [cell.strip() for cell in point_row(12_500).strip("|").split("|")]
    assert cells[0] == "12,500" and int(cells[1]) > 100
    assert all(float(cell) > 0 for cell in cells[2:])
    assert grid_row(8).startswith("| 64 | ")
