"""Which test shows which requirement of the kodeoplæser: EN 301 549 and the product's own promises,
as data.

`requirements.toml` names and words them, tests carry the names (`@pytest.mark.clause("5.1.3.5")`),
and `python -m tests.conformance` (`make conformance`) runs those tests and writes
docs/conformance.md.
"""
