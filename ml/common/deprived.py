"""Who is meant by the most deprived fifth."""

#: Deciles of the index of multiple deprivation, 1 for the most deprived.
DEPRIVED_DECILES = (1, 2)
