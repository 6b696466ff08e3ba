"""The model card of the risk tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ml.common.crime_groups import GROUPS
from ml.common.model_card import Metric, ModelCard
from ml.risk.backtest import EVERY_FORCE
from ml.risk.candidates import BASELINES, DEFAULT
from ml.risk.judged import CHOSEN_BY, MEMORY, Judged
from ml.risk.level import PLAIN_MEAN
from ml.risk.study import DOMAINS, FEWEST_ORIGINS, SHORTEST, Stretch, Study
from ml.risk.tables import left_out

if TYPE_CHECKING:
    import pandas as pd

_KINDS = {"lsoa": "neighbourhoods (LSOA 2021)", "grid": "250 m cells"}
_ERRORS_BY_GROUP = (
    "False alarms, misses and expected over recorded crime by group are in ml_fairness_errors and the card "
    "errors_by_group, from the forecasts that ml_risk_backtest_lsoa keeps of past months: each of the model "
    "that was to be published on the day, so that no month helped to choose the model that it judges."
)
# Short names for the text on levels, where each may come up many times.
_AREAS = {"lsoa": "LSOA", "grid": "cell"}
_MEASURES = {"count": "records", "harm": "harm"}
_FORMS = {PLAIN_MEAN: "a year's mean"}
# What the card shows of each group, with the area share that it is told at.
_SHOWN = (
    (CHOSEN_BY, 1.0),
    ("mean_absolute_error", 1.0),
    ("total_error_share", 1.0),
    ("hit_rate", 0.05),
    ("pai", 0.05),
    ("pei", 0.05),
    ("harm_hit_rate", 0.05),
    ("coverage_80_share", 1.0),
    ("coverage_95_share", 1.0),
    ("central_80_share", 1.0),
    ("central_95_share", 1.0),
    ("harm_total_error_share", 1.0),
    ("harm_coverage_80_share", 1.0),
    ("harm_coverage_95_share", 1.0),
    ("harm_central_80_share", 1.0),
    ("harm_central_95_share", 1.0),
)
# What it shows of each force: the champion is the same, and the table has the rest.
_BY_FORCE = (
    (CHOSEN_BY, 1.0),
    ("hit_rate", 0.05),
    ("harm_hit_rate", 0.05),
    ("coverage_80_share", 1.0),
    ("central_80_share", 1.0),
)


def risk_card(
    studies: Sequence[tuple[Study, Sequence[Judged]]],
    backtest: pd.DataFrame,
    stretch: Stretch,
    *,
    version: str,
    harm_scheme: str,
) -> ModelCard:
    """Describe what is published, how it did beside the baselines and where it must not be used.

    Parameters
    ----------
    studies : sequence of (Study, sequence of Judged)
        Each kind of area with its judged crime groups.
    backtest : DataFrame
        Table ``ml_risk_backtest``; may be empty.
    stretch : Stretch
        Forces and months learned from.
    version : str
        Code and data.
    harm_scheme : str
        Scheme of the harm days.
    """
    every = [(study, one) for study, judged in studies for one in judged]
    won = sum(one.champion not in BASELINES for _, one in every)
    models = sorted({one.champion for _, one in every})
    return ModelCard(
        name="Risk of crime and harm by area",
        version=version,
        purpose=(
            "Expected records and harm days of the next month, by neighbourhood and by 250 m cell, for each "
            "crime group. It says where records are likely, so that help can be planned; it says nothing of "
            "people."
        ),
        data=(
            f"police.uk street records of {', '.join(stretch.forces)}, harm scheme {harm_scheme}; "
            f"{_left_out(studies, stretch)}"
        ),
        period=(str(stretch.months[0]), str(stretch.months[-1])),
        champion=f"one for each crime group: {', '.join(models)}",
        baseline=(
            f"the best of {', '.join(BASELINES)} in each crime group; figures beside are those of {DEFAULT}"
        ),
        verdict=(
            f"A challenger beats every baseline in {won} of {len(every)} crime groups and kinds of area"
            + ("; in the others a baseline is published" if won < len(every) else "")
            + f". A challenger must have the lowest mean {CHOSEN_BY} over at "
            f"least {FEWEST_ORIGINS} origins and a paired 95% interval against the best baseline that "
            "excludes zero. Champions are of all forces together; figures by force are of the same forecasts."
        ),
        metrics=tuple(_metrics(backtest)) if len(backtest) else (),
        features=(
            f"Earlier months of the area and its surroundings, at least {SHORTEST} before an origin.",
            _levels(every),
            f"Learners only: residents, their density, and deprivation ({', '.join(DOMAINS)}; never its "
            "crime domain, which is built from recorded crime).",
        ),
        limits=(
            "Recorded crime is what is forecast. The group proactive "
            f"({', '.join(GROUPS['proactive'])}) measures policing and shops as much as crime: sending "
            "officers by it sends them to where they were.",
            "police.uk gives months and snapped points: nothing below 250 m or within a month is told.",
            f"Intervals rest on the errors of the {MEMORY} months before; a break in recording is no part of "
            "them. Those of harm take the mix of offences within a group for the same in every area.",
            "Sparse areas have no interval that covers 80% exactly: 0 alone may be more. The central share "
            "is the coverage with that taken out (randomised probability integral transform): read it where "
            "the plain share is above its level.",
            "Errors of the map are held against those of the months before (ml_drift). Upon an alarm of a "
            "force, do not plan by its areas until it is known what changed.",
            "Not for decisions about persons, nor for the order in which calls are answered.",
            *_verdicts(every),
        ),
        fairness=(
            "Who lives where risk is high, by deprivation decile and ethnic group, is measured in "
            "ml_fairness_models and shown in the card fairness_of_maps.",
            _ERRORS_BY_GROUP if len(backtest) else "Errors by group are not known without a backtest.",
        ),
        source=(
            "Marshall, R. J. (1991), Applied Statistics 40(2), 283-294 (empirical Bayes).",
            "Chainey, S., Tompson, L. and Uhlig, S. (2008), Security Journal 21, 4-28 (kernel density, PAI).",
            "Embrechts, P. and Frei, M. (2009), Mathematical Methods of Operations Research 69, 497-508 "
            "(harm as a compound distribution).",
            "Czado, C., Gneiting, T. and Held, L. (2009), Biometrics 65(4), 1254-1261 (central share).",
        ),
    )


def _verdicts(every: Sequence[tuple[Study, Judged]]) -> list[str]:
    """Why each group's champion is published; what is the same of several is told once."""
    groups: dict[str, list[str]] = {}
    for study, one in every:
        groups.setdefault(one.verdict, []).append(f"{_KINDS[study.area_kind]}, {one.group}")
    return [
        f"{'; '.join(own) if len(own) < len(every) else 'Every group and kind of area'}: {verdict}."
        for verdict, own in groups.items()
    ]


def _levels(every: Sequence[tuple[Study, Judged]]) -> str:
    """Which published forecasts are scaled, and by what form of level; what is alike is told together."""
    parts: dict[str, dict[str, set[tuple[str, str]]]] = {}
    for study, one in every:
        for measure, held in one.learned.items():
            # What is stored is what is published: a baseline has no level.
            form = held["form"] if held["kind"] == "levelled" else ""
            parts.setdefault(form, {}).setdefault(one.group, set()).add((measure, study.area_kind))
    kinds, groups = {study.area_kind for study, _ in every}, {one.group for _, one in every}
    texts = {form: _alike(own, kinds, len(groups)) for form, own in parts.items()}
    unscaled = texts.pop("", None)
    told = [f"By {_FORMS.get(form, form)}: {text}." for form, text in texts.items()]
    if told:
        told.insert(0, "Scaled to what the earlier months' sums over all areas foretell.")
    if unscaled:
        told.append(f"Not scaled, since a baseline is champion: {unscaled}.")
    return " ".join(told)


def _alike(parts: Mapping[str, set[tuple[str, str]]], kinds: set[str], group_count: int) -> str:
    """Groups of which the same measures and kinds of area are meant, whole ones first."""
    by_part: dict[str, list[str]] = {}
    for group, own in parts.items():
        by_part.setdefault(_part(own, kinds), []).append(group)
    texts = []
    for part, groups in sorted(by_part.items()):
        names = "every group" if len(groups) == group_count else ", ".join(groups)
        texts.append(f"{part} of {names}" if part else names)
    return "; ".join(texts)


def _part(own: set[tuple[str, str]], kinds: set[str]) -> str:
    """Name measures and kinds of area; all of them have no name."""
    by_kinds: dict[str, list[str]] = {}
    for measure, name in _MEASURES.items():
        held = {kind for one, kind in own if one == measure}
        if held:
            where = "" if held == kinds else f" by {_AREAS[held.pop()]}"
            by_kinds.setdefault(where, []).append(name)
    if by_kinds == {"": [*_MEASURES.values()]}:
        return ""
    # "harm by cell and records": what is said of one kind of area must not be read as said of both measures.
    return " and ".join(f"{' and '.join(names)}{where}" for where, names in sorted(by_kinds.items())[::-1])


def _left_out(studies: Sequence[tuple[Study, Sequence[Judged]]], stretch: Stretch) -> str:
    texts = []
    others = ", those of forces left out among them" if stretch.left_out_forces else ""
    for study, judged in studies:
        texts.append(
            f"{study.left_out_count:,} records of these months lie in none of the {study.cells.count:,} "
            f"{_KINDS[study.area_kind]}{others}"
        )
        cells, share = left_out(study, judged)
        if cells:
            texts.append(
                f"{cells:,} cells without a record are not published; they hold {share:.2%} of what is "
                "expected"
            )
    for force, months in stretch.left_out_forces.items():
        texts.append(
            f"without {force}, whose newest month is not held"
            if months == 0
            else f"without {force}, of which {months} months in a row are too few for a backtest of all"
        )
    if stretch.earlier_month_count:
        texts.append(f"{stretch.earlier_month_count} months before a gap are not used")
    return "; ".join(texts)


def _metrics(backtest: pd.DataFrame) -> list[Metric]:
    """The champion's figures with the default baseline's beside them; by force where there are several."""
    key = ["force_slug", "area_kind", "crime_group", "metric", "area_share"]
    base = backtest[backtest["model"] == DEFAULT].set_index(key)["metric_value"].to_dict()
    champions = backtest[backtest["is_champion"]].set_index(key).to_dict("index")
    forces = sorted(set(backtest["force_slug"]) - {EVERY_FORCE})
    metrics = []
    for force in (EVERY_FORCE, *(forces if len(forces) > 1 else ())):
        own = backtest[backtest["force_slug"] == force]
        shown = _SHOWN if force == EVERY_FORCE else _BY_FORCE
        for kind, group in dict.fromkeys(zip(own["area_kind"], own["crime_group"], strict=True)):
            for metric, share in shown:
                row = champions[(force, kind, group, metric, share)]
                where = _KINDS[kind] if force == EVERY_FORCE else f"{force}, {_KINDS[kind]}"
                metrics.append(
                    Metric(
                        metric if share == 1.0 else f"{metric} at {share:.0%} of the area",
                        float(row["metric_value"]),
                        float(row["metric_value_lower"]),
                        float(row["metric_value_upper"]),
                        float(base[(force, kind, group, metric, share)]),
                        f"{where}, {group}, {row['model']}",
                    )
                )
    return metrics
