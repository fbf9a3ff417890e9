"""Step 1 of the paper: the adaptation head, which projects teacher features to compact targets."""
