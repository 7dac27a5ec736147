"""The content security policy of pages: nothing is framed, and nothing is fetched from, or sent to,
elsewhere."""

POLICY = "Content-Security-Policy"  # the header


def content_policy(*form_targets: str) -> str:
    """Give the header's value; `form_targets` are origins to which a form's answer may redirect."""
    targets = " ".join(("'self'", *form_targets))
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        f"connect-src 'self'; form-action {targets}; frame-ancestors 'none'; base-uri 'none'"
    )
