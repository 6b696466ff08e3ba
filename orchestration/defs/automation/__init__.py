"""The job that runs everything, and when."""
