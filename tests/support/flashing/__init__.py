"""Files and drives that stand in for what flashing meets."""
