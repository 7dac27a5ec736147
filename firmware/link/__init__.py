"""The token end of the serial link: bytes to frames, frames to sessions, sessions to requests."""
