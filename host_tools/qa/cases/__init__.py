"""The cases that QA runs, and what runs them."""
