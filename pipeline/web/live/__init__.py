"""What happens now: a thread that listens to the bus, the state that it keeps, and the way of it to the browsers."""
