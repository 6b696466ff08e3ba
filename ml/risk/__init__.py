"""Expected count and harm by cell, from naive to learned models, judged by a rolling-origin backtest."""

from ml.risk.backtest import backtest, every_origin
from ml.risk.compare import choose_champion, difference
from ml.risk.history import History, make_history
from ml.risk.spread import Expected, expect

__all__ = [
    "Expected",
    "History",
    "backtest",
    "choose_champion",
    "difference",
    "every_origin",
    "expect",
    "make_history",
]
