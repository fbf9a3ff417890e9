"""Goes on with an interrupted recording."""
