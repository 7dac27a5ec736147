"""Verification of the audit, of every row against its seal, and anchors to compare with later."""
