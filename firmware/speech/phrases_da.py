"""What the token says and shows in Danish: key -> text. Each is one clip of the voice pack; say.py
puts them together.

Phrases are short and put together, since every second of them takes 8 KB of the token's flash.
"""

from firmware.speech.phrases import Phrases

LANGUAGE = "da"
DIGITS = "da"  # the language of the voice that reads keys made of digits
REVIEWED = True  # False: awaits the review of a native speaker
VERB_LAST = False  # "type" stands before what is typed, or behind it

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
code: Koden er
ample_time: God tid.
hurry: Det haster.
expired: forældet.
press_red: Tryk på rød.
no_code: Ingen kode.
account: Konto
compare: på pc'en
# Errors and what to do
not_provisioned: Ikke sat op.
blocked: Brikken er låst.
damaged: Hukommelsesfejl.
storage_failed: Ikke gemt.
clock_lost: Uret er stoppet.
clock_absent: Uret svarer ikke.
contact_issuer: Spørg udstederen.
try_again: Prøv igen.
# Functions
function: Funktion.
choose_key: Vælg tast.
no_function: Ingen funktion.
volume: Lydstyrke
speed: Hastighed
highest: højest.
lowest: lavest.
hard_to_hear: Mindre klart.
up: op.
down: ned.
language: Talt sprog
language_name: Dansk.
serial: Serienummer
status: Status.
battery: Batteri
charged: i orden.
charging: får strøm.
battery_low: Oplad nu.
unknown: ukendt.
clock_ok: Uret går.
plugged_in: Strøm.
turns_off: Slukker.
version: Versionen
point: punktum
repeat: Gentag.
new_code: Ny kode.
own_pace: Eget tempo.
back: det før.
on: næste.
beginning: Start.
end: Slut.
# Check-back, key names, practice
right: Det stemmer.
right_but: Rigtig, men
digit: Ciffer
is_wrong: er forkert.
clear: Slet.
cleared: Er slettet.
explore: Taster.
red: Den røde tast.
star: Stjerne.
hash: Firkant.
practice: Øvelse.
not_valid: Gælder ikke.
# PIN
type: Tast nu
pin: PIN
new_pin: Ny PIN.
again: Igen.
differs: De to er ikke ens.
too_simple: For simpel.
too_short: For kort.
pin_size: 4 til 8 cifre.
saved: Gemt.
tries_left: Forsøg tilbage
wait: Vent højst
seconds: sekunder.
minutes: minutter.
# Challenges
number: Tallene
amount: Beløb
payee: Kontonummer
is_right: Korrekt?
# Theme of the display
theme: Skærmen
light: er lys.
dark: er mørk.
# Keys
key_delay: Tastepause
vibration: Vibrerer
# Sound
tones: Toner
voice: Oplæser
""")
