"""Pages: each module has the routes of one page, and the questions that they ask of history, gallery and bus."""
