"""English texts of the screens. A message is (what is wrong, what to do)."""

TEXTS = {
    "not_provisioned": ("Not set up", "The token has no account. Contact the issuer."),
    "blocked": ("Blocked", "Contact the issuer to have the token unblocked."),
    "damaged": ("Storage error", "Data cannot be read. Have the token set up again."),
    "storage_failed": ("Cannot save", "No code this time. Try again."),
    "clock_lost": ("Clock has stopped", "Have the issuer set the clock to get codes."),
    "clock_absent": ("Clock is silent", "Have the issuer replace the token."),
    "expired": "Expired",
    "new_code_in": "Seconds to a new code:",
    "compare": "Type on the computer",
    "serial": "Serial number",
    "clock": "Clock",
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
