"""Driving tokens as a user does, and judging what they show and say."""
