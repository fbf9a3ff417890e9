"""Nearest vectors of a large gallery: exact in numpy, approximate with usearch, behind one interface."""
