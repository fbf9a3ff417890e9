"""The frozen teachers, and their features of the training faces."""
