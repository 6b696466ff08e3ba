"""Everything that Dagster is shown, in the order in which data flows."""

import dagster as dg

from orchestration.defs.automation.automation import automation
from orchestration.defs.gates.boundaries import judged_assets
from orchestration.defs.gates.gates import validated_assets
from orchestration.defs.ml.deprivation import deprivation_assets
from orchestration.defs.ml.drift import drift_assets
from orchestration.defs.ml.fairness import fairness_assets
from orchestration.defs.ml.fairness_audits import fairness_audit_assets
from orchestration.defs.ml.fairness_errors import fairness_error_assets
from orchestration.defs.ml.fairness_groups import fairness_group_assets
from orchestration.defs.ml.forecast import forecast_assets
from orchestration.defs.ml.hotspots import hotspot_assets
from orchestration.defs.ml.patrol import patrol_assets
from orchestration.defs.ml.priority import priority_assets
from orchestration.defs.ml.profiles import profile_assets
from orchestration.defs.ml.risk import risk_assets
from orchestration.defs.ml.sensitivity import sensitivity_assets
from orchestration.defs.ml.spatial import spatial_assets
from orchestration.defs.publish.policy import policy_assets
from orchestration.defs.publish.release import publish_assets
from orchestration.defs.raw.calls import raw_calls_asset
from orchestration.defs.raw.live import raw_live_asset
from orchestration.defs.raw.police import raw_police_assets
from orchestration.defs.raw.reference import raw_reference_assets
from orchestration.defs.warehouse.dbt import warehouse_assets
from orchestration.environment import Settings, read_settings
from orchestration.partitions import month_force_partitions
from orchestration.paths import DataPaths
from orchestration.resources import build_resources


def build_definitions(settings: Settings) -> dg.Definitions:
    """Return the definitions of a run with the given settings.

    Raises
    ------
    SettingsError
        When the data folder is another profile's, or a rebuild to be compared alone: every way to run
        anything, Dagster's interface and daemon among them, passes here.
    """
    DataPaths(settings.data).check_profile(settings)
    partitions = month_force_partitions(settings)
    assets = dg.Definitions(
        assets=[
            *raw_police_assets(partitions),
            *raw_reference_assets(),
            raw_live_asset(),
            raw_calls_asset(),
            *validated_assets(partitions),
            warehouse_assets(),
            *hotspot_assets(),
            *spatial_assets(),
            *forecast_assets(),
            *risk_assets(),
            *patrol_assets(),
            *drift_assets(),
            *deprivation_assets(),
            *profile_assets(),
            *fairness_assets(),
            *fairness_audit_assets(),
            *fairness_error_assets(),
            *fairness_group_assets(),
            *sensitivity_assets(),
            *priority_assets(),
            *judged_assets(),
            *policy_assets(settings.policy),
            *publish_assets(),
        ],
        resources=build_resources(settings),
        # Steps are few and large; a process for each would spend longer on imports than on work.
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(assets, automation(settings, partitions))


@dg.definitions
def defs() -> dg.Definitions:
    """Return the definitions for the settings in the environment."""
    return build_definitions(read_settings())
