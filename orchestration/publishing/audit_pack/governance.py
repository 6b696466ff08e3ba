"""Reads what is declared about those who answer for a release; a misread name is worse than none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from data_quality.signed_files import SignedFileError, load_yaml, text_of
from orchestration.publishing.errors import ReleaseError

#: What may be declared, with what it answers; each is a text.
FIELDS: Mapping[str, str] = {
    "phase": "How far it is in use: an idea, a pilot, in use, retired",
    "organisation": "Organisation that publishes and uses the release",
    "team": "Team that runs it",
    "senior_responsible_owner": "Person who answers for it",
    "contact": "Where questions go",
    "website": "Page about it",
    "supplier": "Company that supplies it, or 'none'",
    "companies_house_number": "The supplier's number at Companies House",
    "supplier_role": "What the supplier did and still does",
    "procurement": "How it was procured",
    "supplier_data_access": "On what terms the supplier sees data",
    "benefits": "What it is expected to be good for",
    "previous_process": "How it was done before",
    "alternatives": "What was considered instead",
    "process_integration": "Where in a decision it is used",
    "frequency_and_scale": "How often, and for how many decisions",
    "human_review": "Who reviews what it says before anybody acts",
    "training": "What its users are trained in",
    "appeals": "How those affected can challenge a decision",
    "maintenance": "Who looks after it, how often, and what is checked",
    "data_storage": "Where release and data folder are kept, for how long, and who may read them",
    "data_sharing": "With whom data are shared, and under which agreement",
    "record_first_published": "When this record was first published",
    "record_last_reviewed": "When a person last reviewed this record",
    "lawful_basis": "The law that it rests on",
    "ethics_review": "What an ethics committee said, and when",
    "data_protection_impact_assessment": "Its date, its result and where to read it",
    "equality_impact_assessment": "Its date, its result and where to read it",
    "other_risks": "Further risks and what is done about them",
}


@dataclass(frozen=True)
class Governance:
    """What is declared.

    Parameters
    ----------
    sha256
        Digest of the file; none when there is no file.
    declared
        Text by field, of those that are declared.
    """

    sha256: str | None = None
    declared: Mapping[str, str] = field(default_factory=dict)


def read_governance(path: Path) -> Governance:
    """Read the declared file.

    Parameters
    ----------
    path
        The YAML file; it need not exist.

    Returns
    -------
    Governance
        What it declares; nothing when it is not there.

    Raises
    ------
    ReleaseError
        When it is no mapping of known fields to texts.
    """
    if not path.is_file():
        return Governance()
    remedy = "write it as docs/runbook.md shows, under 'Read an audit pack', or remove it"
    try:
        data = path.read_bytes()
        content = load_yaml(data)
        if not isinstance(content, dict):
            raise SignedFileError("it is not a mapping of fields to texts")
        unknown = sorted(str(key) for key in content if key not in FIELDS)
        if unknown:
            known = ", ".join(FIELDS)
            raise SignedFileError(f"the field {unknown[0]!r} is not known", f"name one of {known}")
        declared = {name: text_of(content, name) for name in FIELDS if name in content}
    except SignedFileError as error:
        raise ReleaseError(path.name, error.rule, error.remedy or remedy) from error
    except OSError as error:
        raise ReleaseError(path.name, f"cannot be read ({error})", "mend its permissions") from error
    return Governance(hashlib.sha256(data).hexdigest(), declared)
