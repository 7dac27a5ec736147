"""Ways to look at an emulated token; headless is no view at all."""
