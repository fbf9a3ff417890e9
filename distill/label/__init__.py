"""Teacher targets for every face to learn from."""
