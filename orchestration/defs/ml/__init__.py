"""The science as assets: frames out of the warehouse, through `ml`, back as contracted tables."""
