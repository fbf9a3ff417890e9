"""Step 1 of the paper: the head that turns teacher features into compact targets."""
