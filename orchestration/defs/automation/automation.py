"""What starts the jobs by itself."""

import dagster as dg

from orchestration.defs.automation.jobs import MAIN_JOB, jobs
from orchestration.defs.automation.sensors import (
    published_months_sensor,
    release_due_sensor,
    retrain_requested_sensor,
    run_config,
)
from orchestration.environment import Settings
from orchestration.partitions import whole_range_tags


def automation(settings: Settings, partitions: dg.MultiPartitionsDefinition) -> dg.Definitions:
    """Return the jobs, sensors and schedule; what starts by itself is off until switched on in the UI."""
    return dg.Definitions(
        jobs=jobs(partitions),
        sensors=[
            published_months_sensor(settings),
            release_due_sensor(settings),
            retrain_requested_sensor(settings),
        ],
        schedules=[_monthly_refresh(settings, partitions)],
    )


def _monthly_refresh(settings: Settings, partitions: dg.MultiPartitionsDefinition) -> dg.ScheduleDefinition:
    """Return the fallback of the sensors: the whole window, once a month.

    A month appears about the end of the month after it, on no fixed day; by the fifth it is nearly always
    there. Every month of the window is looked at again, as forces revise old ones.
    """

    @dg.schedule(
        name="monthly_refresh",
        job_name=MAIN_JOB,
        cron_schedule="0 5 5 * *",
        execution_timezone="Europe/London",
        description="Refreshes the whole window; only what changed upstream is fetched and gated again.",
    )
    def monthly_refresh() -> dg.RunRequest:
        return dg.RunRequest(run_config=run_config(settings), tags=whole_range_tags(partitions))

    return monthly_refresh
