"""Changes that users make on the page: their forms, what is told of them afterwards, and how they are taken back."""
