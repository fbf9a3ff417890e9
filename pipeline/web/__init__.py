"""The page: a client of the bus that shows cameras, the past and people in a browser."""
