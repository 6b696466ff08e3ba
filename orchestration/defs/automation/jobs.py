"""The main job and its monthly schedule."""

import dagster as dg

from orchestration.partitions import whole_range_tags

MAIN_JOB = "crimeharm_release"


def automation(partitions: dg.MultiPartitionsDefinition) -> dg.Definitions:
    """Return the job that takes the whole window from fetch to release in one run, and its schedule.

    A month appears about the end of the month after it, on no fixed day; by the fifth it is nearly always
    there. Every month of the window is looked at again, as forces revise old ones.
    """
    job = dg.define_asset_job(
        MAIN_JOB,
        selection=dg.AssetSelection.all(),
        tags=whole_range_tags(partitions),
        description="From fetched files to a published, audited release.",
    )
    schedule = dg.ScheduleDefinition(
        name="monthly_refresh",
        job=job,
        cron_schedule="0 5 5 * *",
        execution_timezone="Europe/London",
        description="Refreshes the whole window; only what changed upstream is fetched and gated again.",
    )
    return dg.Definitions(jobs=[job], schedules=[schedule])
