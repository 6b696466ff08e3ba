"""How urgent a call for service is: models beside a one-column look-up of the call type."""

from ml.priority.evaluate import Assessment, assess, assess_agency
from ml.priority.features import Knowledge
from ml.priority.models import Effort
from ml.priority.recalibrate import recalibrated_by_month
from ml.priority.splits import Scenario, Split, random_split, time_ordered_split, year_split

__all__ = [
    "Assessment",
    "Effort",
    "Knowledge",
    "Scenario",
    "Split",
    "assess",
    "assess_agency",
    "random_split",
    "recalibrated_by_month",
    "time_ordered_split",
    "year_split",
]
