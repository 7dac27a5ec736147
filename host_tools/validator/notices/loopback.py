"""Whether a notice leaves this machine: then it is encrypted on its way."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Say whether `host` is this machine's own loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
