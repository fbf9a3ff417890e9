"""One kind of rule a file: pure state machines over tracks, cameras and an injected clock."""
