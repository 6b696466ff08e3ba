"""Where each column's values come from, from the published table back to the raw file; knows no dagster."""
