"""Loads Great Expectations: several seconds, so only on first use, without telemetry and progress bars."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Literal
from unittest.mock import patch


@lru_cache(maxsize=1)
def load_great_expectations() -> Any:
    """Import Great Expectations with its usage statistics off, and return the module."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    return great_expectations


def new_context() -> Any:
    """Return a context that lives in memory, reports nothing and draws no progress bars."""
    gx = load_great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


@lru_cache(maxsize=1)
def batch_definition() -> Any:
    """Return the one batch definition of the process, which takes a whole pandas frame at a time."""
    asset = new_context().data_sources.add_pandas("landed").add_dataframe_asset("records")
    return asset.add_batch_definition_whole_dataframe("partition")


@contextmanager
def configurations_remembered() -> Iterator[None]:
    """Let Great Expectations work out the configuration of each expectation once while the block lasts.

    It turns an expectation into its configuration and back some fifty times in a validation, which changes
    neither: two fifths of what a gate cost. Its answers are the same either way. Nothing is remembered past
    the block, and the blocks of a process must not overlap.
    """
    load_great_expectations()
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    configuration = property(_remembered(vars(Expectation)["configuration"].fget))
    to_domain_obj = _remembered(ExpectationConfiguration.to_domain_obj)
    with (
        patch.object(Expectation, "configuration", configuration),
        patch.object(ExpectationConfiguration, "to_domain_obj", to_domain_obj),
    ):
        yield


def _remembered(work_out: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the function with a memory by identity; it holds its arguments, so no identity comes twice."""
    known: dict[int, tuple[Any, Any]] = {}

    def recall(subject: Any) -> Any:
        if id(subject) not in known:
            known[id(subject)] = (subject, work_out(subject))
        return known[id(subject)][1]

    return recall


def validate_frame(
    frame: Any, suite: Any, parameters: dict[str, Any], result_format: Literal["BASIC", "COMPLETE"]
) -> Any:
    """Judge a pandas frame by an expectation suite, and return Great Expectations' answer.

    ``Batch.validate`` would load the frame, and digest it for a fingerprint that nobody reads, twice.

    Parameters
    ----------
    frame
        Shape (n, columns): the records.
    suite
        An ``ExpectationSuite``.
    parameters
        Value of each ``$PARAMETER`` that an expectation of the suite names; may be empty.
    result_format
        ``COMPLETE`` to have the place of every unexpected record, ``BASIC`` for counts and some examples.

    Returns
    -------
    ExpectationSuiteValidationResult
    """
    definition = batch_definition()
    from great_expectations.validator.v1_validator import Validator

    validator = Validator(
        batch_definition=definition, batch_parameters={"dataframe": frame}, result_format=result_format
    )
    with configurations_remembered():
        return validator.validate_expectation_suite(suite, expectation_parameters=parameters or None)
