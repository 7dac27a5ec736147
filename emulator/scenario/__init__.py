"""Scenarios: scripts of what a user does and expects, played, and recorded from use."""
