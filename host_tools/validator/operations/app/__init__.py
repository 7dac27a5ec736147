"""App devices and approvals: activation, sessions, what is asked and what is answered."""
