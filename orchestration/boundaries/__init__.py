"""Judges what lies behind the raw boundary: asks the warehouse for the frames that the suites name."""
