"""Whether strangers and the same people still separate on a site: `glimpse selfcheck`, without labels."""
