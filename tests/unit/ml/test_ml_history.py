"""How many months are asked of a force that is told together with others."""

from __future__ import annotations

import pytest

from ml.common.history import months_asked


@pytest.mark.parametrize(
    ("held", "asked"),
    [([24, 24, 3], 24), ([24, 3], 3), ([24, 23, 23], 3), ([24], 24), ([], 3)],
)
def test_a_long_history_is_asked_where_more_than_half_have_it(held: list[int], asked: int) -> None:
    """Half alone would leave one of two forces out for the other's sake, or cost every force its history."""
    assert months_asked(held, 24, 3) == asked
