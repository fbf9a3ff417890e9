"""Alert rules on the page: read from a form, written into the file of settings, and said in words."""
