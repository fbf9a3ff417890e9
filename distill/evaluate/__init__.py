"""LFW tests of students, teachers, peers and the adaptation head."""
