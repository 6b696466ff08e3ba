"""The orchestration layer: the only package that imports dagster."""
