"""What programs rely on: the public names of `glimpse` in the last minor version, with their parameters and members."""
