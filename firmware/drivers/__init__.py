"""One file per chip or part; each takes a bus and pins and knows no board."""
