"""Step 2 of the paper: training the students."""
