"""The commands on one token: its port, keys, accounts, clock, PIN, settings and state."""
