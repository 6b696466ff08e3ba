"""Thin shells that turn the packages beside them into Dagster assets, one folder an area."""
