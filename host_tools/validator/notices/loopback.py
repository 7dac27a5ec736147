"""Whether a host is this machine's own; notices to any other host must be encrypted."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Say whether `host` is this machine's own loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
