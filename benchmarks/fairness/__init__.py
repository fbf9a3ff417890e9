"""How often groups of people are taken for each other, and whether people of a group are missed more often."""
