"""The commands on the validator: the server, its keys, its tokens and users, its audit."""
