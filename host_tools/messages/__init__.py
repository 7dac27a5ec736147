"""The catalogue of messages: every text by its identifier, in every language."""
