"""The tokens that QA reads codes from: emulated ones, or real ones operated by a person."""
