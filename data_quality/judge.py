"""Puts rules to Great Expectations and reads its answers; the only module that runs it.

Great Expectations costs several seconds to import and some ten milliseconds for each expectation, whatever
the number of records. So it is imported once, on first use; one context serves the process; it is shown only
the columns that rules look at; and failing records are asked for in a second, smaller run, if there are any.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from data_quality.great_expectations_context import load_great_expectations, validate_frame
from data_quality.suites import Rule, partition_parameters
from data_quality.suites.rules import DATA_ENGINEERING
from data_quality.verdicts import RuleResult

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_ONE_AT_A_TIME = threading.RLock()
_SHOWN_EXAMPLES = 3
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class Judgement:
    """What Great Expectations answered.

    Parameters
    ----------
    results
        One result a rule, in the order of the rules.
    broken
        For each ``row`` rule that records break: their positions in the frame, ascending.
    evidence
        The validation result as Great Expectations words it, ready for JSON.
    crash
        What went wrong when it could not answer; the results are then not to be used.
    """

    results: tuple[RuleResult, ...] = ()
    broken: dict[str, np.ndarray] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
    crash: str | None = None


def judge(suite_name: str, rules: tuple[Rule, ...], frame: pd.DataFrame, month: str | None) -> Judgement:
    """Judge a frame by rules; never raises, since a gate must tell a crash from a failure.

    Parameters
    ----------
    suite_name
        Name under which the result is shown.
    rules
        The rules.
    frame
        Shape (n, columns), with every column that the rules name.
    month
        ``YYYY-MM`` of the partition; none for reference data.

    Returns
    -------
    Judgement
        Results, or the text of the crash.
    """
    try:
        return _judge(suite_name, rules, frame, month)
    except Exception as error:
        # What breaks in Great Expectations or in a derived column must not pass for a verdict on the data.
        return Judgement(crash=f"{type(error).__name__}: {error}")


def _judge(suite_name: str, rules: tuple[Rule, ...], frame: pd.DataFrame, month: str | None) -> Judgement:
    parameters = partition_parameters(month)
    judged = _judged_columns(rules, frame, month)
    answer = _validate(suite_name, rules, judged, parameters, "BASIC")
    crash = _find_crash(answer)
    if crash is not None:
        return Judgement(evidence=_as_evidence(answer), crash=crash)
    found = {str(item.expectation_config.meta["rule"]): item for item in answer.results}
    broken_rules = tuple(
        rule for rule in rules if rule.scope == "row" and found[rule.name].result.get("unexpected_count")
    )
    broken: dict[str, np.ndarray] = {}
    if broken_rules:
        positions = _validate(f"{suite_name} positions", broken_rules, judged, parameters, "COMPLETE")
        crash = _find_crash(positions)
        broken = {} if crash else _broken_positions(positions)
    results = tuple(_as_rule_result(rule, found[rule.name]) for rule in rules)
    return Judgement(results, broken, _as_evidence(answer), crash)


def _judged_columns(rules: Sequence[Rule], frame: pd.DataFrame, month: str | None) -> pd.DataFrame:
    """Return only the columns that the rules are about, with derived ones worked out."""
    import pandas as pd

    columns: dict[str, pd.Series] = {}
    for rule in rules:
        if rule.derive is not None:
            columns[rule.judged_column] = rule.derive(frame, month).astype(bool)
        elif rule.nulls_fail:
            columns[rule.judged_column] = frame[rule.columns[0]].fillna("")
        else:
            columns.update({name: frame[name] for name in rule.columns})
    return pd.DataFrame(columns).reset_index(drop=True)


def _validate(
    suite_name: str,
    rules: tuple[Rule, ...],
    judged: pd.DataFrame,
    parameters: dict,
    result_format: Literal["BASIC", "COMPLETE"],
) -> Any:
    # The context remembers the batch that it loaded last, so two threads must not share it at once.
    with _ONE_AT_A_TIME:
        return validate_frame(judged, _expectation_suite(suite_name, rules), parameters, result_format)


@lru_cache(maxsize=256)
def _expectation_suite(suite_name: str, rules: tuple[Rule, ...]) -> Any:
    gx = load_great_expectations()
    return gx.ExpectationSuite(name=suite_name, expectations=[_expectation(rule) for rule in rules])


def _expectation(rule: Rule) -> Any:
    import great_expectations.expectations as gxe

    arguments = dict(rule.kwargs)
    if rule.expectation.startswith("ExpectColumn") and not rule.expectation.startswith("ExpectColumnPair"):
        arguments["column"] = rule.judged_column
    if rule.tolerance:
        arguments["mostly"] = round(1 - rule.tolerance, 6)
    return getattr(gxe, rule.expectation)(severity=rule.severity, meta={"rule": rule.name}, **arguments)


def _find_crash(answer: Any) -> str | None:
    for item in answer.results:
        message = _raised(item.exception_info)
        if message is not None:
            return f"{item.expectation_config.meta['rule']}: {message}"
    return None


def _raised(info: dict[str, Any] | None) -> str | None:
    """Return the message of an exception; it is reported for the expectation or for each of its metrics."""
    if not info:
        return None
    for part in [info, *(value for value in info.values() if isinstance(value, dict))]:
        if part.get("raised_exception"):
            return str(part.get("exception_message") or "no message")
    return None


def _broken_positions(answer: Any) -> dict[str, np.ndarray]:
    import numpy as np

    return {
        str(item.expectation_config.meta["rule"]): np.sort(
            np.asarray(item.result["unexpected_index_list"], dtype=np.int64)
        )
        for item in answer.results
    }


def _as_rule_result(rule: Rule, item: Any) -> RuleResult:
    unexpected = item.result.get("unexpected_count")
    return RuleResult(
        rule=rule.name,
        expectation=rule.expectation,
        scope=rule.scope,
        severity=rule.severity,
        success=bool(item.success),
        observed=_observed(rule, item.result),
        unexpected_count=None if unexpected is None else int(unexpected),
        reason=rule.reason,
        owner=rule.owner or DATA_ENGINEERING,
    )


def _observed(rule: Rule, result: dict[str, Any]) -> str:
    if "unexpected_count" not in result:
        value = result.get("observed_value")
        return f"{value:.4g}" if isinstance(value, float) else str(value)
    count, total = int(result["unexpected_count"]), int(result["element_count"])
    text = f"{count:,} of {total:,} records"
    if count and total:
        text += f" ({count / total:.2%})"
    examples = list(dict.fromkeys(str(value) for value in result.get("partial_unexpected_list", [])))
    if count and examples and rule.derive is None:
        shown = ", ".join(repr(example[:_SHOWN_CHARACTERS]) for example in examples[:_SHOWN_EXAMPLES])
        text += f", such as {shown}"
    return text


def _as_evidence(answer: Any) -> dict[str, Any]:
    evidence = answer.to_json_dict()
    # Load times and batch identifiers change from run to run and say nothing about the data.
    evidence["meta"] = {"great_expectations_version": evidence["meta"]["great_expectations_version"]}
    evidence.pop("id", None)
    return evidence
