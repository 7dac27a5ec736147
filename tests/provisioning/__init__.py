"""Token files, inventory, letters and the codes that a validator computes."""
