"""Makes the embedded detector: sharp faces, found by teachers and people, are shrunk until only a small net is left."""
