"""Names and figures are written for people, and lead back to what the tables hold."""

from __future__ import annotations

import pytest

from ml.priority.models import MODELS
from orchestration.publishing.formats import MISSING, significant
from orchestration.publishing.names import model_name, spelled


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.718e-05, "0.00001718"),
        (-0.25, "−0.25"),
        (0, "0"),
        (1, "1"),
        (12345.6, "12,346"),
        (1.05, "1.05"),
        (float("nan"), MISSING),
    ],
)
def test_a_small_figure_is_more_than_zeros(value: float, written: str) -> None:
    """A measure of 0.00001718 written as 0.000 reads as if nothing had been found."""
    assert significant(value) == written


def test_ids_are_written_out_and_can_be_found_again() -> None:
    """A reader does not know what mean_12 is, and an auditor looks for it in the table."""
    assert model_name("mean_12") == "Mean of 12 months" and model_name("new_model") == "New model"
    said = spelled("look_up_by_month beside mean_12; the mean_12 of 2024; mean_121 and naive stay")
    assert said == (
        "look-up of the call type, fitted anew each month (look_up_by_month) beside mean of 12 months "
        "(mean_12); the mean of 12 months of 2024; mean_121 and naive stay"
    )


def test_every_model_of_calls_is_written_out() -> None:
    """Beside "logistic regression" a bare linear_regression looks like something else."""
    for model in MODELS:
        assert "_" not in spelled(f"{model.name}, and {model.name}").split(", and ")[1]
