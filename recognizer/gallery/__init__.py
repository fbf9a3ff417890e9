"""Enrolled people: a SQLite file, the matrix it is searched as, enrolment and transfer."""
