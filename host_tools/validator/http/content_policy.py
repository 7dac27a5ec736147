"""The content security policy of pages: nothing is framed, and nothing is fetched from, or sent to,
elsewhere."""

from collections.abc import Sequence

POLICY = "Content-Security-Policy"  # the header


def content_policy(*form_targets: str, framed_by: Sequence[str] = ()) -> str:
    """Give the header's value; `form_targets` are origins to which a form's answer may redirect,
    `framed_by` those whose pages may show this one in a frame."""
    targets = " ".join(("'self'", *form_targets))
    frames = " ".join(framed_by) or "'none'"
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        f"manifest-src 'self'; connect-src 'self'; form-action {targets}; "
        f"frame-ancestors {frames}; base-uri 'none'"
    )
