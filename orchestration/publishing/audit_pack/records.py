"""The two records that public bodies use for algorithms, filled from facts; what nobody said is not known.

The Algorithmic Transparency Recording Standard (version 3) has a short first tier and a second one of five
sections. ALGO-CARE (Oswald, Grace, Urwin and Barnes 2018) asks eight questions of a police algorithm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.publishing.audit_pack import specification
from orchestration.publishing.audit_pack.answers import Answer, Answers, Facts, said
from orchestration.publishing.audit_pack.columns import NOT_KNOWN

ATRS_VERSION = "Algorithmic Transparency Recording Standard, version 3.0"
_NAME = "crimeharm: recorded crime weighted by harm, for small areas"
_DESCRIPTION = (
    "Open records of crime are checked, placed in small areas, weighted by harm and summed; models of areas "
    "and of totals are tested against simple counts."
)
_DETAIL = (
    "Files of the police and of statistical offices are kept as they came, judged by rules, joined to the "
    "areas of the 2021 census and weighted by a scheme of harm. Published are counts and harm by area and "
    "month, clusters of harm, what models made of them, and audits of who is affected."
)
_ADVISORY = (
    "The release is a folder of files about areas and totals: publishing it starts no action. It is not made "
    "for a decision about a person, and must not be used for one."
)
_PROVIDED = "Tables, maps and pages: counts beside rates, and intervals where they were measured."
_GRANULARITY = (
    "Crimes have months, never days. The finest places are the map points of police.uk, as police.uk "
    "publishes them: each record is moved there to a point that stands for several addresses, and fct_crimes "
    "holds that point. Maps are drawn of areas of the 2021 census (LSOA), of cells of 250 m and of the hulls "
    "of hotspots, which are clusters of such points. Nobody's address is held, and none can be concluded. "
    "Counts of searches below ten are withheld, and those that would give them away."
)
_CHECKABLE = (
    "Every file's digest, every column's origin as far as it is known, the counts of rejected records by "
    "rule and what every signed decision that let something pass says are in this pack; docs/runbook.md "
    "tells how to rebuild the release from the bytes that it names, with the configuration that it records."
)
_MENDED = (
    "A record that is wrong at its source is mended there: police forces publish months anew, and the next "
    "refresh reads them again. Until then a person can sign a correction of a landed value, which the "
    "release counts among its decisions."
)
_EXPLAINED = (
    "Harm is a sum of days declared for each category of crime; hotspots are clusters of records; a model "
    "card names a model's inputs, its limits and the naive baseline that it was held against."
)
_ARCHITECTURE = (
    "A batch job: files are fetched and kept, judged by gates, joined in one database (DuckDB), read by "
    "models and audits, and published as a folder of files under a policy. The picture under Lineage shows "
    "each table. A release is files: nothing in it decides, and no program has to ask it for an answer."
)
_UPKEEP = (
    "Models are fitted anew for each release; ml_drift follows their inputs, predictions and errors month by "
    "month, and asks for new training where they slip. A sensor, off until it is switched on, starts that "
    "once for each request."
)
_FIELDS = (
    "Every published column is in lineage.html and column_lineage.csv, with the raw columns that it begins "
    "in or a note that they are not known."
)


@dataclass(frozen=True)
class Field:
    """One field of a record with its answers; without any it is not known.

    Parameters
    ----------
    name
        The field.
    answers
        What is known.
    declared_as
        Under which name the field can be declared; empty for one that only the release can fill.
    """

    name: str
    answers: tuple[Answer, ...]
    declared_as: str = ""


@dataclass(frozen=True)
class Section:
    """A section of a record."""

    title: str
    fields: tuple[Field, ...]


def atrs_record(facts: Facts) -> list[Section]:
    """Fill the two tiers of the Algorithmic Transparency Recording Standard, version 3.0.

    Parameters
    ----------
    facts
        What is known.

    Returns
    -------
    list of Section
        Metadata, tier 1, then the five sections of tier 2, of which the fourth has one part for each model
        and one for the data.
    """
    return [*_owner_and_use(facts), *_tool(facts), _impact_and_risks(facts)]


def _owner_and_use(facts: Facts) -> list[Section]:
    ask = Answers(facts)
    return [
        _section(
            ask,
            "Metadata",
            ("Version of the standard", said(ATRS_VERSION)),
            ("Release", ask.release()),
            ("Last month of the data", said(facts.manifest["release"][:7])),
            ("Record first published", "record_first_published"),
            ("Record last reviewed by a person", "record_last_reviewed"),
        ),
        _section(
            ask,
            "Tier 1: overview",
            ("Name", said(_NAME)),
            ("Description", said(_DESCRIPTION)),
            ("Website", "website"),
            ("Contact", "contact"),
        ),
        _section(
            ask,
            "Tier 2, section 1: owner and responsibility",
            ("Organisation", "organisation"),
            ("Team", "team"),
            ("Senior responsible owner", "senior_responsible_owner"),
            ("Supplier", "supplier"),
            ("Companies House number", "companies_house_number"),
            ("Role of the supplier", "supplier_role"),
            ("Procurement procedure", "procurement"),
            ("Terms of the supplier's access to data", "supplier_data_access"),
        ),
        _section(
            ask,
            "Tier 2, section 2: description and rationale",
            ("Detailed description", said(_DETAIL)),
            ("Scope", ask.scope()),
            ("Benefits", "benefits"),
            ("Previous process", "previous_process"),
            ("Alternatives considered", "alternatives"),
        ),
        _section(
            ask,
            "Tier 2, section 3: decision-making process",
            ("Integration into the process", "process_integration"),
            ("Information provided", said(_PROVIDED)),
            ("Frequency and scale of use", "frequency_and_scale"),
            ("Human decisions on file", ask.plan() + ask.decisions()),
            ("Human review before anybody acts", "human_review"),
            ("Required training", "training"),
            ("Appeals and review", "appeals"),
            ("Where an appeal goes", "contact"),
        ),
    ]


def _tool(facts: Facts) -> list[Section]:
    ask = Answers(facts)
    return [
        _section(
            ask,
            "Tier 2, section 4: tool",
            ("System architecture", said(_ARCHITECTURE)),
            ("What exactly ran", ask.versions()),
            ("Phase", "phase"),
            ("Upkeep that the release shows", said(_UPKEEP)),
            ("Maintenance", "maintenance"),
        ),
        *(
            _section(ask, f"Tier 2, section 4: model, {card.name}", *specification.model_fields(card))
            for card in facts.cards
        ),
        _section(
            ask,
            "Tier 2, section 4: data",
            ("Sources and their description", ask.sources()),
            ("Modality", specification.modality()),
            ("Quantities", specification.quantities(facts)),
            ("Fields", said(_FIELDS)),
            ("Sensitive attributes", ask.groups()),
            ("Completeness", ask.missing()),
            ("Representativeness", specification.representativeness(facts)),
            ("Collection", specification.collection()),
            ("Cleaning", specification.cleaning()),
            ("Licences", ask.licences()),
            ("How files are kept", specification.storage()),
            ("Storage and access", "data_storage"),
            ("What is passed on", specification.sharing()),
            ("Agreements on sharing", "data_sharing"),
        ),
    ]


def _impact_and_risks(facts: Facts) -> Section:
    ask = Answers(facts)
    return _section(
        ask,
        "Tier 2, section 5: impact assessments and risks",
        ("Data protection impact assessment", "data_protection_impact_assessment"),
        ("Equality impact assessment", "equality_impact_assessment"),
        ("Ethics review", "ethics_review"),
        ("Impact on groups of people, as measured", ask.impact()),
        ("Performance beside plain counts, as measured", ask.performance()),
        ("Risks that are measured", ask.measures()),
        ("Further risks", "other_risks"),
    )


def algo_care(facts: Facts) -> list[Section]:
    """Answer the eight headings of ALGO-CARE; what the transparency record tells at length is referred to.

    Parameters
    ----------
    facts
        What is known.

    Returns
    -------
    list of Section
        Advisory, Lawful, Granularity, Ownership, Challengeable, Accuracy, Responsible, Explainable.
    """
    ask = Answers(facts)
    data, impact = "section 4: data", "section 5"
    verdicts = _see("section 4", "Performance, of each model") if facts.cards else []
    return [
        _section(
            ask,
            "Advisory",
            ("What it does by itself", said(_ADVISORY)),
            ("What a human decides about patrol plans", _see("section 3", "Human decisions on file")),
            ("Where it is used in a decision", "process_integration"),
            ("Who reviews before anybody acts", "human_review"),
        ),
        _section(
            ask,
            "Lawful",
            ("Lawful basis", "lawful_basis"),
            ("Data protection impact assessment", "data_protection_impact_assessment"),
            ("Equality impact assessment", "equality_impact_assessment"),
            ("Licences of the data", _see(data, "Licences")),
        ),
        _section(
            ask,
            "Granularity",
            ("How fine it is", said(_GRANULARITY)),
            ("What is missing", _see(data, "Completeness")),
        ),
        _section(
            ask,
            "Ownership",
            ("Who owns it", "organisation"),
            ("Who supplies it", "supplier"),
            ("What exactly ran", _see("section 4: tool", "What exactly ran")),
        ),
        _section(
            ask,
            "Challengeable",
            ("How a decision is challenged", "appeals"),
            ("Where a challenge goes", "contact"),
            ("How a wrong record is mended", said(_MENDED)),
            ("What can be checked", said(_CHECKABLE)),
        ),
        _section(
            ask,
            "Accuracy",
            (
                "What the backtests say",
                verdicts,
            ),
            ("Beside plain counts", _see(impact, "Performance beside plain counts")),
            ("What the policy measured", _see(impact, "Risks that are measured")),
        ),
        _section(
            ask,
            "Responsible",
            ("Who answers for it", "senior_responsible_owner"),
            ("Ethics review", "ethics_review"),
            ("Who let what pass", _see("section 3", "Human decisions on file")),
            ("Groups of people", _see(data, "Sensitive attributes")),
            ("Impact on them, as measured", _see(impact, "Impact on groups of people")),
        ),
        _section(
            ask,
            "Explainable",
            ("What explains it", said(_EXPLAINED)),
            ("What its users are trained in", "training"),
        ),
    ]


def records_as_mapping(atrs: Sequence[Section], care: Sequence[Section]) -> dict[str, Any]:
    """Return both records for machines, each answer with where it comes from."""
    return {
        "algorithmic_transparency_record": [_as_mapping(section) for section in atrs],
        "algo_care": [_as_mapping(section) for section in care],
    }


def _section(ask: Answers, title: str, *fields: tuple[str, Sequence[Answer] | str]) -> Section:
    """Return a section; of a field that is declared the name of its declaration stands for the answers."""
    return Section(title, tuple(_field(ask, *field) for field in fields))


def _field(ask: Answers, name: str, given: Sequence[Answer] | str) -> Field:
    if isinstance(given, str):
        return Field(name, tuple(ask.declared(given)), given)
    return Field(name, tuple(given))


def _see(section: str, field: str) -> list[Answer]:
    return said(f"See the transparency record above, tier 2, {section}: {field}.")


def _as_mapping(section: Section) -> dict[str, Any]:
    unknown = [{"text": NOT_KNOWN, "from": None}]
    return {
        "section": section.title,
        "fields": [
            {
                "field": field.name,
                "declared_as": field.declared_as or None,
                "answers": [{"text": one.text, "from": one.source} for one in field.answers] or unknown,
            }
            for field in section.fields
        ],
    }
