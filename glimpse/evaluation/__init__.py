"""How well people are named in one's own photographs and recordings: `glimpse evaluate`."""
