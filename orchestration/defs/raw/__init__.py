"""Raw assets: original bytes landed with their provenance. No parsing, no cleaning."""
