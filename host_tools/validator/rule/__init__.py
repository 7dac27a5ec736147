"""The rules of acceptance, as pure functions: window, drift, lockout, verdict."""
