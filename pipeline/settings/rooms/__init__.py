"""Settings of the rooms beside the engine: each is a section of the same file, read by its own process."""
