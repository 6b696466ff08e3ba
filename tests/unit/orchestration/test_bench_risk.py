"""The risk benchmarks' commands on small made-up files."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from orchestration.bench_risk.__main__ import main


@pytest.fixture(scope="module")
def oakland_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty bins, the first of which has an arrest a day; a forecast that knows it, for two days."""
    folder = tmp_path_factory.mktemp("oakland")
    days = pd.date_range("2009-01-01", "2010-02-01")
    occurred = days.strftime("%m/%d/%y")
    events = pd.DataFrame({"bin": 1, "OCCURRED": occurred, "LAG": 0})
    events.loc[3, "bin"] = np.nan
    events.to_csv(folder / "drug_crimes_with_bins.csv")
    forecast = pd.DataFrame({"bin": range(1, 21)})
    for day in days[-2:]:
        forecast[day.strftime("%Y-%m-%d")] = (forecast["bin"] == 1) * 1.0
    forecast.to_csv(folder / "predpol_drug_predictions.csv.gz", index=False)
    return folder


def test_areas_of_portland_are_within_the_rules() -> None:
    """One cell too few is an entry that the challenge would not have taken."""
    from orchestration.bench_risk import nij

    cells = [nij.whole_cells(*rule) for rule in nij.RULES]
    areas = [
        count * size**2 / nij.FEET_PER_MILE**2 for count, (size, _) in zip(cells, nij.RULES, strict=True)
    ]
    assert cells == [112, 58] and min(areas) >= 0.25 and max(areas) <= 0.75


def test_oakland_prints_every_model(oakland_folder: Path) -> None:
    """A certain bin is caught by all who look; a row that a model lacks would be a claim left out."""
    result = CliRunner().invoke(main, ["oakland", "--data", str(oakland_folder)])
    assert result.exit_code == 0, result.output
    assert "2 arrests on 2 days." in result.output
    assert "own captures, over days: 1.000 to 1.000 at 3% and 1.000 to 1.000 at 10% of bins" in result.output
    rows = [line for line in result.output.splitlines() if line.startswith("| ")][1:]
    assert {row.split(" | ")[0][2:] for row in rows[1:]} >= {
        "PredPol (published)",
        "365-day count",
        "mixture",
    }
    assert all("1.000 | 1.000 | 1.000 | 1.000" in row for row in rows[1:])


def test_a_ceiling_knows_each_day_but_the_judged_one() -> None:
    """Having seen the very day it would be too high; not having seen a later one, it would be a forecast."""
    from ml.risk.cells import Cells
    from ml.risk.history import make_history
    from orchestration.bench_risk.oakland_trials import both_sides, days_with_arrest

    def scores(cell: list[int], score=both_sides) -> np.ndarray:  # type: ignore[no-untyped-def]
        cells = Cells(np.zeros((3, 2)), np.ones(3))
        history = make_history(cells, np.array(cell), np.arange(5.0), np.arange(6.0))
        return np.asarray(score(history, np.arange(5)))

    first, second = scores([0, 1, 1, 2, 0]), scores([0, 1, 2, 2, 0])
    assert (first[2] == second[2]).all()
    assert all((first[day] != second[day]).any() for day in (0, 1, 3, 4))
    # Where days read the same backwards, those after the middle add nothing to those before.
    assert scores([0, 1, 1, 1, 0])[2] == pytest.approx(scores([0, 1, 1, 1, 0], days_with_arrest)[2])
    assert (
        scores([0, 1, 1, 2, 0], days_with_arrest)[2] == scores([0, 1, 1, 0, 1], days_with_arrest)[2]
    ).all()


def test_data_must_be_named() -> None:
    """A default path would read whatever lies there."""
    result = CliRunner().invoke(main, ["nij"])
    assert result.exit_code == 2 and "--data" in result.output


def test_portland_table_by_hand() -> None:
    """Shifted grids are averaged, origins pooled, and a leader is published only by windows that are over."""
    from orchestration.bench_risk import nij

    first = nij._day(nij.FIRST_ORIGIN)
    caught = dict.fromkeys((*nij.CANDIDATES, "self_exciting_730"), 1.0) | {"mixture": 3.0}
    rows = [
        {
            "model": name,
            "origin_day": day,
            "end_day": day + 7.0,
            "caught": amount + shift,
            "total": 10.0,
            "best": 8.0,
            "area_share": 0.1,
            "crime": "burglary",
            "horizon": "1 week",
            "shift": str(shift),
        }
        for name, amount in caught.items()
        for day in (first - 28, first, first + 28)
        for shift in (0.0, 1.0)
    ]
    text = nij.tables_of(pd.DataFrame(rows))
    pai, pei, *beside = (line for line in text.splitlines() if line.startswith("| burglary"))
    # Caught 1.5 of 10 by a baseline and 3.5 by the mixture, at a tenth of the area.
    assert pai.startswith("| burglary, 1 week | 2 | 1.5 | 1.5 | 1.5 | 1.5 | 1.5 | 1.5 | 3.5 | 3.5 |")
    assert pai.endswith("| mixture |")
    assert "| 0.438 | 0.438 |" in pei
    assert "at least equal to the best baseline in 1 of 1 rows and above it in 1" in text
    # 3.5 less 1.5 of 10 at each origin, over a tenth of the area, beside each of the four baselines.
    assert beside[0] == "| burglary, 1 week |" + 4 * " **+2.0 [+2.0, +2.0]** |"
    assert beside[1] == "| burglary, 1 week |" + 4 * " **+0.250 [+0.250, +0.250]** |"
    assert "Of 4 pairs with a baseline: clearly above it in 4, clearly below it in 0." in text


def test_a_forces_periods_are_put_together_by_hand() -> None:
    """Each origin counts once, whatever its period, and the gap between two periods is not resampled."""
    from orchestration.bench_risk import police

    def backtested(first: int, gains: list[float]) -> police.Backtested:
        rows = [
            {"model": name, "origin_day": first + 31.0 * i, "mean_absolute_error": 9.0 + more}
            for i, gain in enumerate(gains)
            for name, more in (("naive", 1.0), ("mean_12", 0.0), ("mixture", -gain))
        ]
        others = ("log_score", "came_to_expected_ratio", "coverage_80_share", "central_80_share")
        scores = pd.DataFrame(rows).assign(**dict.fromkeys((*others, "coverage_95_share"), 1.0))
        scores = scores.assign(poisson_deviance=scores["mean_absolute_error"], central_95_share=0.5)
        return police.Backtested(scores, pd.DataFrame(), 6, (len(gains),))

    text = police._section(police.together([backtested(0, [1.0] * 4), backtested(4000, [3.0] * 3)]))
    assert "7 origins (4 and 3), drawn in stretches of 3 months within a period" in text
    # (4 x 1 + 3 x 3) / 7, and each period's gain is the same in every month.
    row = next(line for line in text.splitlines() if line.startswith("| mixture (champion)"))
    assert row.startswith("| mixture (champion) | 7.143 | **-1.857 [-1.857, -1.857]** |")
    assert row.endswith("| 1.000 (1.000) | 1.000 (0.500) |")


def test_cost_is_measured_in_a_process() -> None:
    """The sizes shown must be those that were made."""
    from orchestration.bench_risk.scale import candidates, make, one

    history = make(6, months=14)
    assert history.cells.count == 36 and len(history.day) == 220 * 36
    seconds, peak = one(6, 0).split()
    assert float(seconds) >= 0 and float(peak) > 20
    assert len({model.name for model in candidates()}) == len(candidates())


def test_full_set_is_fitted_at_londons_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure of the full set with a model left out would promise minutes that nobody has."""
    from ml.risk.candidates import candidates
    from orchestration.bench_risk import london

    monkeypatch.setattr("ml.risk.study.GROUP_NAMES", ("all_crime",))
    text = london.full(2, months=4)
    shown = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")][2:]
    assert shown == [*(model.name for model in candidates("lsoa", "full")), "all"]
    assert "4 neighbourhoods" in text and "MiB" in text


def test_published_tables_are_what_is_measured() -> None:
    """Seconds of another function, or of fewer records, would say nothing of what a run costs."""
    from orchestration.bench_risk import london

    shown = london.one(3, months=4).split()
    lsoas, cells, records, fitted, whole, peak = (float(part.replace(",", "")) for part in shown)
    assert (lsoas, records) == (9, round(9 * 681 * 4 / 36))
    # 1.68 km square: 45 cells of 250 m at least, and no more than its edge may add.
    assert 36 <= cells <= 64
    assert 0 <= fitted < whole and peak > 50
    assert len(london.SIDES) == 4 and london.SIDES[-1] ** 2 >= 4994


STAND_IN = """
import sys
import numpy as np
known = np.load(sys.argv[2])
if sys.argv[1] == "broken":
    sys.exit("no such package")
# A score below zero, ordered by the last month.
np.save(sys.argv[3], known["counts"][-1] - 5.0)
"""


@pytest.fixture
def peer_script(tmp_path: Path) -> Path:
    """What stands in the place of the script that imports the peers, which are not installed here."""
    script = tmp_path / "peer.py"
    script.write_text(STAND_IN)
    return script


def test_a_peer_is_given_the_past_alone_and_its_order_is_kept(peer_script: Path) -> None:
    """A peer that saw the month to come, or whose scores below zero were cut off, would be judged wrongly."""
    from ml.risk.cells import Cells
    from ml.risk.history import make_history
    from orchestration.bench_risk.peers import Peer

    bounds = np.array([0.0, 31.0, 59.0, 90.0])
    xy = np.array([[400_000.0, 300_000.0], [401_000.0, 300_000.0], [402_000.0, 300_000.0]])
    cell, day = np.array([0, 1, 1, 2, 2, 2, 0]), np.array([1.0, 40.0, 40.0, 41.0, 41.0, 41.0, 70.0])
    history = make_history(Cells(xy, np.ones(3)), cell, day, bounds)
    peer = Peer("stand-in", Path(sys.executable), peer_script)
    forecast = peer.fit(history.before(59.0)).predict(90.0)
    assert list(np.argsort(forecast)) == [0, 1, 2] and forecast.min() >= 0
    # Twelve months of level are asked for; two are held, with one and five events.
    assert forecast.sum() == pytest.approx(3.0 * 31 / 28)
    assert len(peer.seconds) == 1


def test_a_peer_without_an_answer_says_why(peer_script: Path) -> None:
    """Whoever lacks the peer's environment would read a traceback of another Python, or nothing."""
    from orchestration.bench_risk.peers import PeerFailed, ask

    with pytest.raises(PeerFailed, match="broken gave no answer: no such package"):
        ask(Path(sys.executable), "broken", {"counts": np.ones((1, 1))}, peer_script)
