"""How often the flat warning comes."""
