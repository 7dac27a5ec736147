"""The kodeoplæser as its user has it."""
