"""Tests of scenarios: user actions and expectations as text."""
