"""The vocabulary in which suites are written: a rule, a suite and a few short ways to write a rule."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

Scope = Literal["row", "table"]
Severity = Literal["critical", "warning", "info"]
Owner = Literal["data-engineering", "analysis", "governance"]
Derive = Callable[["pd.DataFrame", "str | None"], "pd.Series"]

DATA_ENGINEERING: Owner = "data-engineering"
ANALYSIS: Owner = "analysis"
GOVERNANCE: Owner = "governance"

# Filled in for each partition, so that one suite serves them all.
MONTH_PARAMETER = {"$PARAMETER": "months"}
CRIME_TYPES_PARAMETER = {"$PARAMETER": "crime_types"}


# Compared by identity, so that a rule can be a key although its arguments are a dictionary.
@dataclass(frozen=True, eq=False)
class Rule:
    """One thing that must hold, and what happens to the data when it does not.

    Parameters
    ----------
    name
        Identifier in verdicts and quarantine, such as ``crime_type_known``.
    expectation
        Class name of the Great Expectations expectation that judges it.
    reason
        Why a record or file that breaks the rule cannot be used, in plain words.
    columns
        Columns that the rule looks at; their values are what a quarantined record is shown with.
    scope
        ``row``: the failing records are quarantined, and only above the tolerance does the partition fail.
        ``table``: the rule speaks about the partition as a whole.
    severity
        ``critical`` rules fail the partition; ``warning`` rules ask somebody to look, and ``info`` rules
        record what is known to happen upstream, and neither fails anything.
    kwargs
        Further arguments of the expectation.
    derive
        For checks across columns: makes the boolean column that is judged from the frame and its month.
    nulls_fail
        Whether a missing value breaks the rule; Great Expectations itself passes over missing values.
    tolerance
        Share of the records, 0 to 1, that may break the rule before the rule as a whole fails.
    owner
        The role that answers for the rule and acts when it breaks; none takes the owner of the suite.
    """

    name: str
    expectation: str
    reason: str
    columns: tuple[str, ...]
    scope: Scope = "row"
    severity: Severity = "critical"
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    derive: Derive | None = None
    nulls_fail: bool = False
    tolerance: float = 0.0
    owner: Owner | None = None

    @property
    def judged_column(self) -> str:
        """Name of the column that the expectation is about."""
        if self.derive is not None:
            return f"holds_{self.name}"
        return f"{self.columns[0]}_or_blank" if self.nulls_fail else self.columns[0]


@dataclass(frozen=True)
class Suite:
    """Every rule of one dataset.

    Parameters
    ----------
    dataset
        The dataset.
    rules
        Rules in the order in which a record's first broken rule is named.
    sort_by
        Columns that give the records their one order when written.
    quarantine_tolerance
        Share of the records, 0 to 1, that may be quarantined before the partition fails.
    may_be_empty
        Whether a file without records is only a warning.
    owner
        The role that answers for every rule that names no other.
    """

    dataset: str
    rules: tuple[Rule, ...]
    sort_by: tuple[str, ...]
    quarantine_tolerance: float
    may_be_empty: bool
    owner: Owner

    def __post_init__(self) -> None:
        """Give every rule its owner, so that a result can always say who acts on it."""
        object.__setattr__(self, "rules", owned(self.rules, self.owner))


def owned(rules: Iterable[Rule], owner: Owner) -> tuple[Rule, ...]:
    """Return the rules with an owner each: their own, or else the given one."""
    return tuple(rule if rule.owner else replace(rule, owner=owner) for rule in rules)


def in_set(name: str, column: str, values: Collection[str] | dict, reason: str, **options: Any) -> Rule:
    """Return the rule that a column holds nothing but the given values.

    Like the other short ways below, it names the rule, says in ``reason`` why what breaks it cannot be used,
    and takes any further field of `Rule` by name, such as ``scope``, ``severity`` or ``tolerance``. Missing
    values pass unless ``nulls_fail`` is given.

    Parameters
    ----------
    name, reason, **options
        As in `Rule`.
    column
        The column.
    values
        The values, or a parameter that is filled in for each partition, such as ``MONTH_PARAMETER``.
    """
    value_set = values if isinstance(values, dict) else sorted(values)
    return Rule(
        name, "ExpectColumnValuesToBeInSet", reason, (column,), kwargs={"value_set": value_set}, **options
    )


def matches(name: str, column: str, pattern: str, reason: str, **options: Any) -> Rule:
    """Return the rule that a regular expression is found in every value of a column; it anchors itself."""
    return Rule(
        name, "ExpectColumnValuesToMatchRegex", reason, (column,), kwargs={"regex": pattern}, **options
    )


def between(
    name: str, column: str, low: float | None, high: float | None, reason: str, **options: Any
) -> Rule:
    """Return the rule that every number of a column lies in a closed interval; None leaves an end open."""
    bounds = {"min_value": low, "max_value": high}
    return Rule(name, "ExpectColumnValuesToBeBetween", reason, (column,), kwargs=bounds, **options)


def present(name: str, column: str, reason: str, **options: Any) -> Rule:
    """Return the rule that a column has no missing value."""
    return Rule(name, "ExpectColumnValuesToNotBeNull", reason, (column,), **options)


def holds(name: str, columns: tuple[str, ...], derive: Derive, reason: str, **options: Any) -> Rule:
    """Return the rule that a condition across columns, worked out by ``derive``, is true of every record."""
    return Rule(
        name,
        "ExpectColumnValuesToBeInSet",
        reason,
        columns,
        kwargs={"value_set": [True]},
        derive=derive,
        **options,
    )


def unique_key(columns: tuple[str, ...], reason: str, **options: Any) -> Rule:
    """Return the rule that no two records share a key of one or more columns."""
    if len(columns) == 1:
        return Rule("key_unique", "ExpectColumnValuesToBeUnique", reason, columns, **options)
    return Rule(
        "key_unique",
        "ExpectCompoundColumnsToBeUnique",
        reason,
        columns,
        kwargs={"column_list": list(columns)},
        **options,
    )


def is_below(values: pd.Series, bound: float | pd.Series) -> pd.Series:
    """Return whether values are below a bound; a missing one is not, and is no crash of the suite either."""
    return (values < bound).fillna(False).astype(bool)
