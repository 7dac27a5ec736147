"""What can be around an emulated token for a scenario and the desk's API: of each value the least
and the most."""

BATTERY_MV = (0, 5000)
DRIFT_PPM = (-500, 500)
TEMPERATURE_C = (-40, 85)  # DS3231's data sheet: operating range
# From 2000 to 2100, when the clock chip has a leap day that the calendar lacks.
UNIX_TIME = (946_684_800, 4_102_444_800)
FLASH_OPERATIONS = (1, 1_000_000)  # of which one is that at which power is cut
KEY_S = 600  # seconds for which a key is held, or something is waited for that is expected
WAIT_S = 10 * 366 * 86_400  # seconds that pass in one step
