"""The 14 crime types with the parameters that the city declares for each, and the outcome wordings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Category:
    """A crime type and its declared intensity.

    Parameters
    ----------
    name, slug
        Wording in the CSV files and id in the API.
    share
        Expected share of all records.
    amplitude
        Half the peak-to-trough range of its yearly cosine, as a share of its mean.
    peak_month
        Month of the year (1 to 12) at which the cosine peaks.
    annual_growth
        Relative change a year.
    centre_factor
        How many times as frequent it is in a town centre's LSOA.
    deprivation_effect
        Change of its log intensity per standard deviation of deprivation.
    is_high_harm
        Whether planted hotspots, and the sparse background around them, are made of it.
    """

    name: str
    slug: str
    share: float
    amplitude: float
    peak_month: int
    annual_growth: float
    centre_factor: float
    deprivation_effect: float
    is_high_harm: bool = False


CATEGORIES = (
    Category("Anti-social behaviour", "anti-social-behaviour", 0.185, 0.28, 7, -0.03, 3.0, 0.35),
    Category("Bicycle theft", "bicycle-theft", 0.012, 0.30, 8, -0.04, 6.0, 0.05),
    Category("Burglary", "burglary", 0.045, 0.15, 12, -0.05, 1.0, 0.20, True),
    Category("Criminal damage and arson", "criminal-damage-arson", 0.078, 0.08, 6, -0.02, 1.5, 0.40),
    Category("Drugs", "drugs", 0.027, 0.05, 5, 0.02, 1.3, 0.40, True),
    Category("Other crime", "other-crime", 0.021, 0.04, 6, 0.00, 1.2, 0.30),
    Category("Other theft", "other-theft", 0.070, 0.08, 7, -0.01, 4.0, 0.15),
    Category("Possession of weapons", "possession-of-weapons", 0.010, 0.06, 6, 0.03, 1.3, 0.40, True),
    Category("Public order", "public-order", 0.070, 0.14, 7, 0.00, 3.0, 0.35),
    Category("Robbery", "robbery", 0.010, 0.10, 11, 0.01, 1.3, 0.40, True),
    Category("Shoplifting", "shoplifting", 0.095, 0.07, 11, 0.08, 14.0, 0.10),
    Category("Theft from the person", "theft-from-the-person", 0.013, 0.15, 12, 0.05, 14.0, 0.10),
    Category("Vehicle crime", "vehicle-crime", 0.068, 0.10, 11, -0.04, 0.8, 0.15),
    Category("Violence and sexual offences", "violent-crime", 0.296, 0.12, 7, 0.01, 1.3, 0.35, True),
)
NAMES = tuple(category.name for category in CATEGORIES)
ASB = NAMES.index("Anti-social behaviour")
HIGH_HARM = np.array([category.is_high_harm for category in CATEGORIES])

UNDER_INVESTIGATION = "Under investigation"
STATUS_UNAVAILABLE = "Status update unavailable"
#: First outcomes of a crime with their odds, and the further outcomes that a charge can lead to.
FIRST_OUTCOMES = (
    ("Unable to prosecute suspect", 0.40),
    ("Investigation complete; no suspect identified", 0.38),
    ("Suspect charged", 0.09),
    ("Local resolution", 0.04),
    ("Action to be taken by another organisation", 0.03),
    ("Offender given a caution", 0.02),
    ("Formal action is not in the public interest", 0.012),
    ("Further investigation is not in the public interest", 0.010),
    ("Further action is not in the public interest", 0.008),
    ("Offender given penalty notice", 0.005),
    ("Suspect charged as part of another case", 0.005),
)
COURT_OUTCOMES = (
    ("Court result unavailable", 0.45),
    ("Awaiting court outcome", 0.20),
    ("Offender fined", 0.09),
    ("Offender given community sentence", 0.08),
    ("Offender sent to prison", 0.08),
    ("Offender given suspended prison sentence", 0.05),
    ("Defendant found not guilty", 0.03),
    ("Offender given conditional discharge", 0.02),
)
#: Every outcome wording that the city uses; outcomes are kept as indices into it.
OUTCOME_NAMES = (
    *(name for name, _ in FIRST_OUTCOMES),
    *(name for name, _ in COURT_OUTCOMES),
    UNDER_INVESTIGATION,
    STATUS_UNAVAILABLE,
)
CHARGED = OUTCOME_NAMES.index("Suspect charged")
#: The API's code of each outcome wording.
OUTCOME_CODES = {
    "Unable to prosecute suspect": "unable-to-prosecute",
    "Investigation complete; no suspect identified": "no-further-action",
    "Suspect charged": "charged",
    "Local resolution": "local-resolution",
    "Action to be taken by another organisation": "action-taken-by-another-organisation",
    "Offender given a caution": "cautioned",
    "Formal action is not in the public interest": "formal-action-not-in-public-interest",
    "Further investigation is not in the public interest": "further-investigation-not-in-public-interest",
    "Further action is not in the public interest": "further-action-not-in-public-interest",
    "Offender given penalty notice": "penalty-notice-issued",
    "Suspect charged as part of another case": "sentenced-in-another-case",
    "Court result unavailable": "court-result-unavailable",
    "Awaiting court outcome": "awaiting-court-result",
    "Offender fined": "fined",
    "Offender given community sentence": "community-penalty",
    "Offender sent to prison": "imprisoned",
    "Offender given suspended prison sentence": "suspended-sentence",
    "Defendant found not guilty": "not-guilty",
    "Offender given conditional discharge": "conditional-discharge",
    UNDER_INVESTIGATION: "under-investigation",
    STATUS_UNAVAILABLE: "status-update-unavailable",
}
