"""Recognition of a token's speech: of a pack's own clips, and of digits by an independent
recogniser."""
