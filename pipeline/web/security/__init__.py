"""Who may see and change what on the page: accounts, sessions, limits and headers around any ASGI application."""
