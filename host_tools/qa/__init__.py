"""QA of tokens and servers: tokens are operated like a user does, their codes read and
submitted."""
