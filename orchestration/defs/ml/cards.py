"""Model cards: one file a model for the release, and the same text in the asset's metadata."""

from __future__ import annotations

from dataclasses import replace

import dagster as dg

from data_quality.files import write_text_atomically
from ml.common.artefact import Manifest
from ml.common.model_card import ModelCard, card_as_markdown
from orchestration.paths import DataPaths


def publish_card(
    paths: DataPaths, name: str, card: ModelCard | None, manifest: Manifest | None = None
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
    manifest
        Of the stored model, whose digest the card names; None when none is stored.

    Returns
    -------
    dict
        Metadata of the asset that fits the model.
    """
    path = paths.model_cards / f"{name}.md"
    if card is None:
        path.unlink(missing_ok=True)
        return {}
    if manifest is not None:
        card = replace(card, artefacts=(f"{manifest.name}.{manifest.format}, sha256 {manifest.sha256}",))
    text = card_as_markdown(card)
    write_text_atomically(path, text)
    shown: dict[str, dg.MetadataValue] = {"model_card": dg.MetadataValue.md(text)}
    return shown | ({"artefact_sha256": dg.MetadataValue.text(manifest.sha256)} if manifest else {})
