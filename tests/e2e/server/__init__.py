"""A whole token and the server that checks its codes."""
