"""What happens when patrols follow predictions, and predictions follow what patrols record."""

from ml.patrol.feedback import POLICIES, Scenario, simulate_feedback
from ml.patrol.targeting import Targeting, measure_targeting
from ml.patrol.urn import UrnRates, settled_share, simulate_urn, two_place_equilibrium

__all__ = [
    "POLICIES",
    "Scenario",
    "Targeting",
    "UrnRates",
    "measure_targeting",
    "settled_share",
    "simulate_feedback",
    "simulate_urn",
    "two_place_equilibrium",
]
