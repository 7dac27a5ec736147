"""QA, tested: it passes what is right, and catches every server and token that is not."""
