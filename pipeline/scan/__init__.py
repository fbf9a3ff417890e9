"""Where in a frame to look for faces."""
