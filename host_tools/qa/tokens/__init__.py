"""The tokens that QA reads codes from: emulated, or real and in a person's hand."""
