"""An emulated token in a browser, and its HTTP API, on the loopback."""
