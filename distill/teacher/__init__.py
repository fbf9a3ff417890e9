"""The frozen teachers and their features."""
