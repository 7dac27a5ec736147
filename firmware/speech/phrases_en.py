"""What the token says and shows in English: key -> text. Each is one clip of the voice pack; say.py
puts them together.

Phrases are short and put together, since every second of them takes 8 KB of the token's flash.
"""

from firmware.speech.phrases import Phrases

LANGUAGE = "en"
DIGITS = "en"  # the language of the voice that reads keys made of digits
REVIEWED = True  # False: awaits the review of a native speaker
VERB_LAST = False  # "type" stands before what is typed, or behind it

PHRASES = Phrases("""
0: zero
1: one
2: two
3: three
4: four
5: five
6: six
7: seven
8: eight
9: nine
10: ten
20: twenty
30: thirty
40: forty
50: fifty
60: sixty
# A code
code: The code is
ample_time: No rush.
hurry: Hurry.
expired: expired.
press_red: Press red.
no_code: No code.
account: Account
compare: on the PC
# Errors and what to do
not_provisioned: Not set up.
blocked: Blocked.
damaged: Storage error.
storage_failed: Not saved.
clock_lost: Clock stopped.
clock_absent: Clock is silent.
contact_issuer: Ask issuer.
try_again: Try again.
# Functions
function: Function.
choose_key: Choose key.
no_function: Not in use.
volume: Volume
speed: Tempo
highest: maximum.
lowest: minimum.
hard_to_hear: Less clear.
up: up.
down: down.
language: Language
language_name: English.
serial: Serial number
status: Status.
battery: Battery
charged: charged.
charging: on charge.
battery_low: Charge now.
unknown: unknown.
clock_ok: Clock runs.
plugged_in: Power.
turns_off: Off.
version: Version
point: point
repeat: Repeat.
new_code: New code.
own_pace: Own pace.
back: previous.
on: next.
beginning: The start.
end: End.
# Check-back, key names, practice
right: Right.
right_but: Right but
digit: Figure
is_wrong: is wrong.
clear: Clear.
cleared: Cleared.
explore: Key help.
red: Red.
star: Star key.
hash: Hash key.
practice: Practice.
not_valid: Not valid.
# PIN
type: Type
pin: PIN
new_pin: New PIN.
again: Again.
differs: The two differ.
too_simple: Too simple.
too_short: Too short.
pin_size: 4 to 8 digits.
saved: Stored.
tries_left: Tries left
wait: Wait up to
seconds: seconds.
minutes: minutes.
# Challenges
number: Number
amount: Amount
payee: Account number
is_right: All correct?
# Theme of the display
theme: Screen
light: Light.
dark: Dark.
# Keys
key_delay: Key delay
vibration: Vibration
# Sound
tones: Tones
voice: Voice
""")
