"""Everything that the job publishes of risk, from frames to frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.common.contracts_risk import ML_RISK_BACKTEST, ML_RISK_BACKTEST_LSOA, ML_RISK_GRID, ML_RISK_LSOA
from ml.common.model_card import ModelCard
from ml.common.schema import empty_frame
from ml.risk.candidates import ModelSet
from ml.risk.card import risk_card
from ml.risk.judged import Judged, judge
from ml.risk.study import Stretch, Study, grid_study, lsoa_study
from ml.risk.tables import backtest_table, forecast_table, kept_table, left_out

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Published:
    """The risk tables with what they rest on.

    Parameters
    ----------
    tables : dict of str to DataFrame
        By table name.
    studies : dict of str to Study
        By kind of area.
    judged : dict of str to sequence of Judged
        Crime groups by kind of area.
    left_out_cells : tuple of int and float
        Cells of the grid that are not published, and their share of all expected records.
    card : ModelCard
        The model card of both kinds of area.
    """

    tables: dict[str, pd.DataFrame]
    studies: dict[str, Study]
    judged: dict[str, Sequence[Judged]]
    left_out_cells: tuple[int, float]
    card: ModelCard


def publish_risk(
    records: pd.DataFrame,
    lsoas: pd.DataFrame,
    stretch: Stretch,
    *,
    models: ModelSet,
    version: str,
    harm_scheme: str,
) -> Published:
    """Judge the candidates by neighbourhood and by cell, and forecast the next month with the champions.

    Parameters
    ----------
    records, lsoas : DataFrame
        As for `ml.risk.study.grid_study`.
    stretch : Stretch
        Months to learn from.
    models : str
        Which candidates compete; see `ml.risk.candidates.candidates`.
    version : str
        Code and data, for the model card.
    harm_scheme : str
        Scheme of the harm days.
    """
    import pandas as pd

    studies = {
        "lsoa": lsoa_study(records, lsoas, stretch.months),
        "grid": grid_study(records, lsoas, stretch.months),
    }
    judged = {kind: judge(study, models) for kind, study in studies.items()}
    rows = [backtest_table(study, judged[kind]) for kind, study in studies.items()]
    scored = [part for part in rows if len(part)]
    backtest = pd.concat(scored, ignore_index=True) if scored else empty_frame(ML_RISK_BACKTEST)
    kept = kept_table(studies["lsoa"], judged["lsoa"])
    pairs = [(study, judged[kind]) for kind, study in studies.items()]
    return Published(
        {
            ML_RISK_LSOA.name: forecast_table(studies["lsoa"], judged["lsoa"], harm_scheme),
            ML_RISK_GRID.name: forecast_table(studies["grid"], judged["grid"], harm_scheme),
            ML_RISK_BACKTEST.name: backtest,
            ML_RISK_BACKTEST_LSOA.name: kept if len(kept) else empty_frame(ML_RISK_BACKTEST_LSOA),
        },
        studies,
        dict(judged),
        left_out(studies["grid"], judged["grid"]),
        risk_card(pairs, backtest, stretch, version=version, harm_scheme=harm_scheme),
    )
