"""Gates: each dataset's Great Expectations suite as a blocking check, and promotion of what passes."""
