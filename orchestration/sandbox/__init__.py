"""A synthetic city with a known truth that speaks the upstream protocols over HTTP.

What belongs here: making the city, rendering it in the upstream's own formats and serving those.
What does not: reading them back, which is the work of ``orchestration.sources`` and never differs
between the sandbox and the live hosts. No dagster here.
"""
