"""Running: subjects in parallel, every finished item written down at once."""
