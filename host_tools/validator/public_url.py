"""The address at which people reach the site, as it stands in letters and notices."""

from urllib.parse import urlsplit


def checked(text: str) -> str:
    """Give an http or https address back, without a slash at its end; ValueError for any other, and
    for one with a query, a fragment or a user name."""
    parts = urlsplit(text)
    usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    if not usable or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(text)
    return text.rstrip("/")
