"""What an installation takes: locked packages, room on the disk, downloads, platforms."""
