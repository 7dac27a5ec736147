"""The kodeviser as its user has it."""
