"""Whether a face moves like a photograph or a screen that somebody holds up."""
