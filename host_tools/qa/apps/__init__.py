"""Cases of right and wrong use of an app device, played by one in Python."""
