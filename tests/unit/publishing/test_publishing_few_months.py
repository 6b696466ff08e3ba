"""What the page says when there are few months, or not of every force."""

from __future__ import annotations

from orchestration.publishing.page_audit import coverage_rows
from orchestration.publishing.published import PublishedTables
from tests.unit.publishing.conftest import World
from tests.unit.publishing.test_publishing_overview import read_page, shown


def test_a_champion_that_nothing_was_held_against_is_one_by_default(world: World) -> None:
    """Of three months no forecast can be tried, and "no model did better" would tell of a comparison."""
    world.run_sql(
        "update ml_forecast_scores set is_champion = (model = 'naive'), origin_count = 0, mase = null,"
        " mean_absolute_error_harm_days = null, coverage_80_share = null, coverage_95_share = null"
    )
    _, reader = read_page(world)
    text = shown(reader)
    assert "The champion is Last month by default" in text and "There is no backtest" in text
    assert "did better" not in text and "Rolling-origin backtest of the total" not in text


def test_a_window_is_told_as_it_is(world: World) -> None:
    """One month would be read as "from December to December", and as the last twelve."""
    world.run_sql(
        "update mart_harm_ranking set window_start_month = window_end_month",
        "update ml_risk_lsoa set train_start_month = train_end_month",
    )
    _, reader = read_page(world)
    text = shown(reader)
    assert "LSOAs by harm days, December 2024, scheme" in text
    assert "What was recorded (December 2024) gives to expect" in text
    assert "The rank is by the harm recorded, December 2024." in text and "last 12 months" not in text


def test_a_force_with_months_missing_is_named_beside_the_ranking(world: World, shared_world: World) -> None:
    """Areas of a force that sent one month of twelve would be taken for the safest there are."""
    assert "of every force" not in shown(read_page(shared_world)[1])
    world.run_sql(
        "delete from mart_harm_force_month"
        " where force_slug = 'bedfordshire' and crime_month < date '2024-12-01'"
    )
    assert "Not all of these months are held of every force: Bedfordshire 1 of 12." in shown(
        read_page(world)[1]
    )


def test_areas_without_a_forecast_are_accounted_for(world: World) -> None:
    """Half the map is white and the figure beside it is of half the areas: nobody would know why."""
    world.run_sql(
        "delete from ml_risk_lsoa where lsoa_code in"
        " (select lsoa_code from dim_lsoa where force_slug = 'bedfordshire')"
    )
    assert "areas, without those of Bedfordshire: a force has no forecast where" in shown(read_page(world)[1])


def test_a_gap_of_many_months_is_one_row(world: World) -> None:
    """A force that stopped lacks another file each month: the list would be of nothing else."""
    world.run_sql(
        "update audit_coverage set status = 'absent',"
        " reason = month || '/' || month || '-street.csv: the archive of 2024-12 holds no such file'"
        " where dataset = 'police_street'"
    )
    rows = coverage_rows(PublishedTables(world.build().path), {})
    [told] = [row for row in rows if row["dataset"] == "Police street" and row["force"] == "Bedfordshire"]
    assert int(told["count"]) > 1 and told["reason"] == (
        "YYYY-MM/YYYY-MM-street.csv: the archive of 2024-12 holds no such file"
    )
