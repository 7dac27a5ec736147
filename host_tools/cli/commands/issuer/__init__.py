"""The commands on what the issuer keeps: the issuer key, the inventory, and codes of a secret."""
