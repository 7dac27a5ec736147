"""What can be done to tokens, users and keys, each in one transaction with its audit entry."""
