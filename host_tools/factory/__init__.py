"""Makes tokens by the batch: a worker at each port, from the bare board to label and passport."""
