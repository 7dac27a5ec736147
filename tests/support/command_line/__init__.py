"""The command line in tests: an operator at the keyboard, secrets, an inventory."""
