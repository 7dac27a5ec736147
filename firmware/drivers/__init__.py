"""Drivers, one file per chip or part. Each takes a bus and pin numbers, and knows no board."""
