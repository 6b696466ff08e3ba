"""Words for cards: numbers with their nouns."""

from __future__ import annotations

import pytest

from ml.common.words import counted


@pytest.mark.parametrize(("number", "text"), [(0, "0 months"), (1, "1 month"), (1_000, "1,000 months")])
def test_a_number_takes_the_right_noun(number: int, text: str) -> None:
    """A card that says '1 months' looks as if nobody had read it."""
    assert counted(number, "month") == text
