"""What a transparency record says of each model and of the data, filled from cards, contracts and gates."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.publishing import page_audit
from orchestration.publishing.audit_pack.answers import Answer, Facts, said
from orchestration.publishing.audit_pack.cards import ReadCard
from orchestration.publishing.licences import dataset_titles

#: The published tables that a model's card is about, by the card's file.
_OUTPUTS = {
    "area_profiles": ("ml_area_profiles",),
    "call_priority": ("ml_call_priority_scores", "ml_call_priority_calibration"),
    "deprivation": ("ml_deprivation_scores", "ml_deprivation_importance"),
    "errors_by_group": ("ml_fairness_errors", "ml_fairness_calibration"),
    "fairness_of_maps": ("ml_fairness_models",),
    "forecast_crime_count": ("ml_forecast_count",),
    "forecast_harm_days": ("ml_forecast_harm",),
    "hotspots": ("ml_hotspots",),
    "risk": ("ml_risk_lsoa", "ml_risk_grid"),
}
_MODALITY = "Tables of records and counts, outlines of areas and points on a map. No pictures and no sound."
_COLLECTION = (
    "Police forces and agencies record crimes, searches and calls, and publish them; statistical offices and "
    "ministries count residents, draw areas and measure deprivation. Nothing was collected for this release: "
    "it is made of what they publish, each file with its address and digest (fetched.csv)."
)
_RECORDED = (
    "Records are of what was reported or found, not of what happened: reporting and recording differ by "
    "place, time and group, and crimes such as drugs and weapons follow where police look. Residents are "
    "counted at a census or estimated, and are not who is in the streets."
)
_CLEANING = (
    "Each file passes a gate of declared rules before anything uses it: a record that breaks a critical rule "
    "is put in quarantine with the rule, a file that cannot be trusted is withheld whole, and rows landed "
    "equal rows used and quarantined in every partition. Areas of 2011 are brought to those of 2021. Values "
    "are corrected by signed corrections alone."
)
_STORAGE = (
    "Landed files are kept as they came, also when a later version replaced them; a release is a folder that "
    "is not written to again."
)
_SHARING = (
    "What a release holds is made to be published under the licences of its sources. Records of searches and "
    "of calls are not in it; of rejected records the validation report shows a few values."
)

Fields = tuple[tuple[str, Sequence[Answer]], ...]


def model_fields(card: ReadCard) -> Fields:
    """Return the fields of one model's specification, in the order of the standard.

    Parameters
    ----------
    card
        Its model card.

    Returns
    -------
    tuple
        Name of each field and its answers; empty answers for what the card does not tell.
    """
    facts = card.facts
    return (
        ("Version", _fact(facts.get("Version"))),
        ("Task", said(*card.sections[0].texts)),
        ("Input", said(*card.points("Features")) or _fact(facts.get("Data"))),
        ("Output", _outputs(card)),
        ("Architecture", _fact(facts.get("Published model")) + said(*card.points("Source of the method"))),
        ("Performance", _fact(facts.get("Verdict"))),
        ("Beside which baseline", _fact(facts.get("Baseline"))),
        ("Datasets", _fact(facts.get("Data")) + _fact(facts.get("Period"))),
        ("Limits", said(*card.points("Limits"))),
    )


def modality() -> list[Answer]:
    """Return what kind of data there are."""
    return said(_MODALITY)


def quantities(facts: Facts) -> list[Answer]:
    """Return how many records of each dataset were landed, used and quarantined."""
    titles = dataset_titles(facts.manifest["sources"])
    return said(
        *(
            f"{row['dataset']}: {row['landed']} records landed, {row['staged']} used, "
            f"{row['quarantined']} in quarantine."
            for row in page_audit.reconciliation_rows(facts.tables, titles)
        )
    )


def representativeness(facts: Facts) -> list[Answer]:
    """Return what of the data is missing, and whom or what they do not stand for."""
    placed = [
        f"{row['method']}: {row['crimes']} crimes ({row['share']})."
        for row in page_audit.location_rows(facts.tables)
    ]
    return said(_RECORDED, *placed)


def collection() -> list[Answer]:
    """Return who collected the data."""
    return said(_COLLECTION)


def cleaning() -> list[Answer]:
    """Return how records are judged and mended."""
    return said(_CLEANING)


def storage() -> list[Answer]:
    """Return how files are kept."""
    return said(_STORAGE)


def sharing() -> list[Answer]:
    """Return what of the data a release passes on."""
    return said(_SHARING)


def _fact(text: str | None) -> list[Answer]:
    return said(text) if text else []


def _outputs(card: ReadCard) -> list[Answer]:
    from ml.common.contracts import CONTRACTS

    stem = card.file.rpartition("/")[2].removesuffix(".md")
    return said(*(f"{table}: {CONTRACTS[table].grain}" for table in _OUTPUTS.get(stem, ())))
