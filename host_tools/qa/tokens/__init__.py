"""The tokens that QA reads codes from: emulated ones, or one in a person's hand."""
