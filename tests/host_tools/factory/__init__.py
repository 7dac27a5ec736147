"""Labels, letters and passports of tokens."""
