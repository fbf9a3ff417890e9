"""From a camera or a recording to frames with a time."""
