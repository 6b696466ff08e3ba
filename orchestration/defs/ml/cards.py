"""Model cards: one file a model for the release, and the same text in the asset's metadata."""

from __future__ import annotations

from dataclasses import replace

import dagster as dg

from data_quality.files import write_text_atomically
from ml.common.artefact import Manifest
from ml.common.model_card import ModelCard, card_as_markdown
from orchestration.paths import DataPaths


def publish_card(
    paths: DataPaths, name: str, card: ModelCard | None, *manifests: Manifest
) -> dict[str, dg.MetadataValue]:
    """Write a model's card where the release takes it from.

    Parameters
    ----------
    paths
        The data folder.
    name
        File name without its ending.
    card
        None when there was too little to fit: the card of an earlier run then goes, as it tells of tables
        that are no more.
    manifests
        Of the stored models, whose digests the card names; none when none is stored.

    Returns
    -------
    dict
        Metadata of the asset that fits the model.
    """
    path = paths.model_cards / f"{name}.md"
    if card is None:
        path.unlink(missing_ok=True)
        return {}
    if manifests:
        files = tuple(f"{held.name}.{held.format}, sha256 {held.sha256}" for held in manifests)
        card = replace(card, artefacts=files)
    text = card_as_markdown(card)
    write_text_atomically(path, text)
    shown: dict[str, dg.MetadataValue] = {"model_card": dg.MetadataValue.md(text)}
    if manifests:
        shown["artefact_sha256"] = dg.MetadataValue.text(" ".join(held.sha256 for held in manifests))
    return shown
