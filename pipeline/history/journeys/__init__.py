"""People across cameras: which tracks of several cameras show one person, with a calibrated probability."""
