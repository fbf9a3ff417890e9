"""Changes the configuration file from a page, and leaves comments and layout of the rest as they are."""
