"""What an installation takes: locked packages, their licences, room on the disk, downloads, platforms; and releases."""
