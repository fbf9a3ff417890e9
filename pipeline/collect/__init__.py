"""Gathers the events of many nodes into one ordered store, and passes that stream on."""
