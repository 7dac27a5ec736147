"""Notices to users: from the validator's outbox to a webhook and to mail."""
