"""Reports of QA runs: text, JSON, JUnit XML and HTML."""
