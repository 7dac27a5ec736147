"""The writer: one process that decides the checks of all workers of a server, so that those which
arrive together share a transaction, whichever worker took them."""
