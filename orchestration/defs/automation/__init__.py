"""The jobs, and what starts them: a sensor that looks upstream, one that looks at the release, a schedule."""
