"""Risk models beside published systems and plain counts, on real files; see docs/benchmarks.md."""
