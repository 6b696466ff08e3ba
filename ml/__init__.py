"""Science on frames and arrays: no dagster, no paths, no SQL."""
