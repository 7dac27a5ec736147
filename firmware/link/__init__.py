"""The token's side of the serial link: port (bytes to frames), session, requests."""
