"""Plans that a person may approve, and what happens when patrols follow them and records follow patrols."""

from ml.patrol.feedback import POLICIES, Scenario, simulate_feedback
from ml.patrol.plan import Capacity, plan_digest, propose_plan
from ml.patrol.plan_feedback import simulate_plan
from ml.patrol.targeting import Targeting, measure_targeting
from ml.patrol.urn import UrnRates, settled_share, simulate_urn, two_place_equilibrium

__all__ = [
    "POLICIES",
    "Capacity",
    "Scenario",
    "Targeting",
    "UrnRates",
    "measure_targeting",
    "plan_digest",
    "propose_plan",
    "settled_share",
    "simulate_feedback",
    "simulate_plan",
    "simulate_urn",
    "two_place_equilibrium",
]
