"""Virtual years of many tokens and their users against a validator."""
