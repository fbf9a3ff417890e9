"""What a whole site shares: its time, its clocks, how names are shown, and what its last self-check found."""
