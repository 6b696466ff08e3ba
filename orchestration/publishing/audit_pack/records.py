"""The two records that public bodies use for algorithms, filled from facts; what nobody said is not known.

The Algorithmic Transparency Recording Standard (version 3) has a short first tier and a second one of five
sections. ALGO-CARE (Oswald, Grace, Urwin and Barnes 2018) asks eight questions of a police algorithm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.publishing.audit_pack.answers import Answer, Answers, Facts, said
from orchestration.publishing.audit_pack.columns import NOT_KNOWN

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
_FIELDS = (
    "Every published column is in lineage.html and column_lineage.csv, with the raw columns that it begins "
    "in or a note that they are not known."
)


@dataclass(frozen=True)
class Field:
    """One field of a record with its answers; without any it is not known."""

    name: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Section:
    """A section of a record."""

    title: str
    fields: tuple[Field, ...]


def atrs_record(facts: Facts) -> list[Section]:
    """Fill the two tiers of the Algorithmic Transparency Recording Standard.

    Parameters
    ----------
    facts
        What is known.

    Returns
    -------
    list of Section
        Metadata, tier 1, then the five sections of tier 2.
    """
    ask = Answers(facts)
    return [
        _section(
            "Metadata",
            ("Release", ask.release()),
            ("What exactly ran", ask.versions()),
            ("Phase", ask.declared("phase")),
        ),
        _section(
            "Tier 1: overview",
            ("Name", said(_NAME)),
            ("Description", said(_DESCRIPTION)),
            ("Website", ask.declared("website")),
            ("Contact", ask.declared("contact")),
        ),
        _section(
            "Tier 2, section 1: owner and responsibility",
            ("Organisation", ask.declared("organisation")),
            ("Team", ask.declared("team")),
            ("Senior responsible owner", ask.declared("senior_responsible_owner")),
            ("Supplier", ask.declared("supplier")),
            ("Companies House number", ask.declared("companies_house_number")),
            ("Procurement procedure", ask.declared("procurement")),
            ("Terms of the supplier's access to data", ask.declared("supplier_data_access")),
        ),
        _section(
            "Tier 2, section 2: description and rationale",
            ("Detailed description", said(_DETAIL) + ask.plan()),
            ("Scope", ask.scope()),
            ("Benefits", ask.declared("benefits")),
            ("Alternatives considered", ask.declared("alternatives")),
            ("Type of model", ask.of_cards("Published model")),
        ),
        _section(
            "Tier 2, section 3: decision-making process",
            ("Integration into the process", ask.declared("process_integration")),
            ("Information provided", said(_PROVIDED)),
            ("Frequency and scale of use", ask.declared("frequency_and_scale")),
            ("Human decisions on file", ask.plan() + ask.decisions()),
            ("Human review before anybody acts", ask.declared("human_review")),
            ("Required training", ask.declared("training")),
            ("Appeals and review", ask.declared("appeals")),
            ("Where an appeal goes", ask.declared("contact")),
        ),
        _section(
            "Tier 2, section 4: data",
            ("Sources", ask.sources()),
            ("Fields", said(_FIELDS)),
            ("Access and licences", ask.licences()),
            ("Sensitive attributes", ask.groups()),
        ),
        _section(
            "Tier 2, section 5: impact assessments and risks",
            ("Data protection impact assessment", ask.declared("data_protection_impact_assessment")),
            ("Equality impact assessment", ask.declared("equality_impact_assessment")),
            ("Ethics review", ask.declared("ethics_review")),
            ("Impact on groups of people, as measured", ask.impact()),
            ("Performance beside plain counts, as measured", ask.performance()),
            ("Risks that are measured", ask.measures()),
            ("Limits of the models", ask.points_of_cards("Limits")),
            ("Further risks", ask.declared("other_risks")),
        ),
    ]


def algo_care(facts: Facts) -> list[Section]:
    """Answer the eight headings of ALGO-CARE.

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
    return [
        _section(
            "Advisory",
            ("What it does by itself", said(_ADVISORY)),
            ("What a human decides about patrol plans", ask.plan()),
            ("Where it is used in a decision", ask.declared("process_integration")),
            ("Who reviews before anybody acts", ask.declared("human_review")),
        ),
        _section(
            "Lawful",
            ("Lawful basis", ask.declared("lawful_basis")),
            ("Data protection impact assessment", ask.declared("data_protection_impact_assessment")),
            ("Equality impact assessment", ask.declared("equality_impact_assessment")),
            ("Licences of the data", ask.licences()),
        ),
        _section("Granularity", ("How fine it is", said(_GRANULARITY)), ("What is missing", ask.missing())),
        _section(
            "Ownership",
            ("Who owns it", ask.declared("organisation")),
            ("Who supplies it", ask.declared("supplier")),
            ("What exactly ran", ask.versions()),
        ),
        _section(
            "Challengeable",
            ("How a decision is challenged", ask.declared("appeals")),
            ("Where a challenge goes", ask.declared("contact")),
            ("How a wrong record is mended", said(_MENDED)),
            ("What can be checked", said(_CHECKABLE)),
        ),
        _section(
            "Accuracy",
            ("What the backtests say", ask.of_cards("Verdict")),
            ("Beside plain counts", ask.performance()),
            ("What the policy measured", ask.measures()),
        ),
        _section(
            "Responsible",
            ("Who answers for it", ask.declared("senior_responsible_owner")),
            ("Ethics review", ask.declared("ethics_review")),
            ("Who let what pass", ask.decisions()),
            ("Groups of people", ask.groups()),
            ("Impact on them, as measured", ask.impact()),
        ),
        _section(
            "Explainable",
            ("What explains it", said(_EXPLAINED)),
            ("What its users are trained in", ask.declared("training")),
        ),
    ]


def records_as_mapping(atrs: Sequence[Section], care: Sequence[Section]) -> dict[str, Any]:
    """Return both records for machines, each answer with where it comes from."""
    return {
        "algorithmic_transparency_record": [_as_mapping(section) for section in atrs],
        "algo_care": [_as_mapping(section) for section in care],
    }


def _section(title: str, *fields: tuple[str, Sequence[Answer]]) -> Section:
    return Section(title, tuple(Field(name, tuple(answers)) for name, answers in fields))


def _as_mapping(section: Section) -> dict[str, Any]:
    unknown = [{"text": NOT_KNOWN, "from": None}]
    return {
        "section": section.title,
        "fields": [
            {
                "field": field.name,
                "answers": [{"text": one.text, "from": one.source} for one in field.answers] or unknown,
            }
            for field in section.fields
        ],
    }
