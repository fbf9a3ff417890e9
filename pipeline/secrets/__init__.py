"""What must not be seen: passwords in anything that is printed, and files for the eyes of their owner."""
