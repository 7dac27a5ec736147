"""What the token says: phrases per language as data, voice packs, and playing them."""
