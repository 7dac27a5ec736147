"""The servers that QA tests, each behind the interface `Target`."""
