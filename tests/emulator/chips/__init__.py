"""The emulated chips at their buses."""
