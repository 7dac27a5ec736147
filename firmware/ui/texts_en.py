"""English texts of the screens. A message is (title, what to do)."""

TEXTS = {
    "not_provisioned": ("Not set up", "The token has no account. Contact the issuer."),
    "blocked": ("Blocked", "The token is blocked. Contact the issuer."),
    "damaged": ("Storage error", "The data is damaged. Have it set up again."),
    "storage_failed": ("Storage error", "No code was taken. Press again."),
    "clock_lost": ("Clock has stopped", "Have the issuer set the clock."),
    "clock_absent": ("Clock is silent", "Have the issuer exchange the token."),
    "expired": "Expired",
    "compare": "Same number on screen?",
    "serial": "Serial number",
    "clock": "Clock (UTC)",
    "clock_ok": "Running",
    "battery": "Battery",
    "battery_ok": "Charged",
    "battery_low": "Low: charge it",
    "no_battery": "Not measured",
    "version": "Version",
    "development": "Development",
    "production": "Production",
    "decimal": ".",
}
