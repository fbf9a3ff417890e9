"""Near views of a track teach its far views: a student is fitted to the cameras of one site, on the machine itself."""
