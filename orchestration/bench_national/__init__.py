"""Measures the way from landed CSV to marts on a synthetic England and Wales of 43 forces and 36 months."""
