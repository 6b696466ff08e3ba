"""The jobs: everything at once, the police partitions alone, what is built from them, and the models."""

import dagster as dg

from orchestration.landing import POLICE_KINDS
from orchestration.partitions import whole_range_tags

MAIN_JOB = "crimeharm_release"
PARTITIONS_JOB = "refresh_partitions"
RELEASE_JOB = "refresh_release"
REBUILD_JOB = "rebuild_release"
RETRAIN_JOB = "retrain_models"

_PARTITIONED = dg.AssetSelection.assets(
    *(f"{layer}_{dataset}" for layer in ("raw", "validated") for dataset in POLICE_KINDS)
)


def jobs(partitions: dg.MultiPartitionsDefinition) -> list:
    """Return the jobs."""
    return [
        dg.define_asset_job(
            MAIN_JOB,
            selection=dg.AssetSelection.all(),
            tags=whole_range_tags(partitions),
            description="From fetched files to a published, audited release.",
        ),
        dg.define_asset_job(
            PARTITIONS_JOB,
            selection=_PARTITIONED,
            description="Fetches and gates police data of the months and forces asked for.",
        ),
        dg.define_asset_job(
            RELEASE_JOB,
            selection=dg.AssetSelection.all() - _PARTITIONED,
            description="From validated police data, and reference data, to a published, audited release.",
        ),
        dg.define_asset_job(
            REBUILD_JOB,
            selection=dg.AssetSelection.all() - dg.AssetSelection.groups("raw"),
            tags=whole_range_tags(partitions),
            description="From the bytes that are landed to a release, without asking upstream for anything.",
        ),
        dg.define_asset_job(
            RETRAIN_JOB,
            selection=dg.AssetSelection.groups("ml").downstream(),
            description="Chooses and fits every model anew from the warehouse, and publishes the release.",
        ),
    ]
