"""RP2350 in the package of 60 pins (RP2350A), as on a Pico 2: its pins can do what an RP2040's can.

Source: RP2350 data sheet, sections 1.2.3 (GPIO functions) and 12.4 (ADC).
"""

from firmware.mcus.rp2040 import MCU as RP2040

MCU = dict(RP2040, name="RP2350")
