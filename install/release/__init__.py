"""`make release`: what a version of Glimpse is handed out as, checked before it is tagged."""
