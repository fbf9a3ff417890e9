"""Film: what live cameras send, kept as it comes, and clips cut from it."""
