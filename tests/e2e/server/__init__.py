"""A whole token and the server that verifies its codes."""
