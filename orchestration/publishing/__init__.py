"""Publishing: what the warehouse holds becomes one verifiable folder of open files.

Belongs here: the release's identity, its files and manifest, and the page that opens it to readers.
Does not belong here: dagster, models, and anything that writes to the warehouse.
"""
