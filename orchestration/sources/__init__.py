"""Upstream clients and readers; none of them imports dagster."""
