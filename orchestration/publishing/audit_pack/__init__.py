"""The audit pack: one folder of a release that says how it came about, for a reader without a network.

Belongs here: what the pack's files and pages say. Does not belong here: dagster, and anything that judges.
"""
