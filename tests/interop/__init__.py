"""Other people's servers and tools, started on loopback, against ours. `make interop` installs and
runs them."""
