"""What the token says and shows in Greenlandic, with Danish digits as they are in use there: key ->
text.

A draft that awaits its review by a native speaker: an image carries it only when it is asked for.
"""

from firmware.speech.phrases import Phrases

LANGUAGE = "kl"
DIGITS = "da"  # the language of the voice that reads keys made of digits
REVIEWED = False  # False: awaits the review of a native speaker
VERB_LAST = True  # "type" stands before what is typed, or behind it

PHRASES = Phrases("""
0: nul
1: et
2: to
3: tre
4: fire
5: fem
6: seks
7: syv
8: otte
9: ni
10: ti
20: tyve
30: tredive
40: fyrre
50: halvtreds
60: tres
# A code
code: Kode
ample_time: Naammappoq
hurry: Tuaviorit.
expired: naavoq.
press_red: Aappaluttoq tooruk.
no_code: Kodeqanngilaq.
account: Konto
compare: Qarasaasiami
# Errors and what to do
not_provisioned: Piareersanngilaq.
blocked: Matoqqavoq.
damaged: Aserorpoq.
storage_failed: Toqqunngilaq.
clock_lost: Piffissaq unippoq.
clock_absent: Piffissaq akinngilaq.
contact_issuer: Tunniussisoq saaffiginiaruk.
try_again: Misileeqqigit.
# Functions
function: Atuuffik.
choose_key: Toortagaq toqqaruk.
no_function: Atuuffeqanngilaq.
volume: Nipaa
speed: Sukkassusaa
highest: annerpaaq.
lowest: minnerpaaq.
hard_to_hear: Sukkavallaarpoq.
up: qummut.
down: ammut.
language: Oqaatsit
language_name: Kalaallisut.
serial: Tulleriinni normu
status: Killiffik.
battery: Batterii
charged: immerpoq.
charging: immersorpoq.
battery_low: Batterii immeruk.
unknown: ilisimaneqanngilaq.
clock_ok: Piffissaq ingerlavoq.
plugged_in: Sarfaq.
turns_off: Qamippoq.
version: Version
point: punktum
repeat: Uteqqiguk.
new_code: Kode nutaaq.
own_pace: Nammineq.
back: utimut.
on: siumut.
beginning: Aallartiffik.
end: Naavoq.
# Check-back, key names, practice
right: Eqqorpoq.
right_but: Eqqorpoq
digit: Kisitsit
is_wrong: kukkuvoq.
clear: Piiaruk.
cleared: Piiarneqarpoq.
explore: Toortakkat.
red: Aappaluttoq.
star: Ulloriaq.
hash: Sisamanik teqeqqulik.
practice: Sungiusarneq.
not_valid: Atorsinnaanngilaq.
# PIN
type: allaguk
pin: PIN
new_pin: PIN nutaaq.
again: Aamma.
differs: Assigiinngillat.
too_simple: Ajornaallaarpoq.
too_short: Naappallaarpoq.
pin_size: Fire-miit otte-mut.
saved: Toqqorneqarpoq.
tries_left: Misiliinissat
wait: Utaqqigit
seconds: sekundit.
minutes: minutsit.
# Challenges
number: Kisitsit
amount: Aningaasat
payee: Konto normu
is_right: Eqqorpa?
# Theme of the display
theme: Saqqaa
light: Qaamasoq.
dark: Taartoq.
# Keys
key_delay: Utaqqineq
vibration: Vibration
# Sound
tones: Nipit
voice: Oqaluttoq
""")
