"""Suites, verdicts, quarantine and validation reports; no dagster."""
