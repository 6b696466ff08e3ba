"""Loads Great Expectations: several seconds, so only on first use, without telemetry and progress bars."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any


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
