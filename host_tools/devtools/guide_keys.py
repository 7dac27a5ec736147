"""The user guides' lists of keys, from the firmware's tables of keys
(firmware/ui/speaking/keymap.py) and the token's own phrases. `reference_docs` writes them into
docs/guides."""

import importlib
import textwrap
from typing import Any

from host_tools.voice import languages

_WIDTH = 132  # characters of a line of the guides
_KEYMAP: Any = importlib.import_module("firmware.ui.speaking.keymap")

# By language: what stands around the firmware's data. A function is named by its name and argument.
_WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "quote": "“{}”",
        "function": "Red and {}",
        "red alone": "Red alone",
        "again": "The same key alone, touched again within {} seconds of its last touch, is its "
        "function once more with {}. Touched later, it is a key like all others: while you type, "
        "its digit is typed, and it is said how many digits there are.",
        "decimal": ".",
        "and": "and",
        "keys": {
            "*": "star",
            "#": "hash",
            "red": "the red key",
            "digit": "a digit",
            "0 held": "0 held for 2 seconds",
        },
        "functions": {
            ("red", 0): "Reads a new code.",
            (
                "repeat",
                0,
            ): "Reads the same code again, and says first whether there is time enough. "
            "Without a code, what was said last is repeated.",
            ("volume", -1): "One step softer.",
            ("own_pace", 0): "You decide when the next digit is read.",
            ("volume", 1): "One step louder.",
            ("speed", -1): "Reads more slowly.",
            (
                "status",
                0,
            ): "Battery, clock and version, and a choice of screen, PIN, key delay, times, "
            "vibration, tones and, where there are two, the voice.",
            ("speed", 1): "Reads faster.",
            ("language", -1): "Changes to the language before.",
            ("serial", 0): "Reads the serial number, digit by digit, twice.",
            ("language", 1): "Changes to the next language.",
            ("practice", 0): "A code to practise with.",
            ("next_account", 0): "A code for the next account, if there are several.",
        },
        "screens": {
            "any": "Wherever nothing else is said below",
            "code": "With a code on the screen",
            "entry": "While you type a PIN or a number",
            "confirmation": "When you are asked to approve",
            "unheard": "Until you have heard all of a payment's code or of a new PIN's message",
            "own_pace": "In own pace",
            "volume": "When the volume was said",
            "speed": "When the speed was said",
            "language": "When the language was said",
            "theme": "When light or dark was said",
            "key_delay": "When the key delay was said",
            "typing_time": "When the time for typing was said",
            "time_outs": "When the waiting time was said",
            "vibration": "When the vibration was said (0 none, 1 pulses, 2 Morse)",
            "tones": "When the tones were said",
            "voice": "When the voice was said",
            "fresh_period": "While a fresh code is waited for",
            "fresh_response": "While a fresh code is waited for when you have approved",
            "status": "When the status was said",
            "function": "When a function is asked for",
            "keys": "While the keys say their names",
            "names_ended": "When it says that the names have ended",
            "turning_off": "While it says that it turns off",
            "offer": "When a key delay is offered (other keys act on the screen before)",
        },
        "actions": {
            "repeat": "says it again",
            "explore": "has the keys say their names",
            "check": "is checked against the code",
            "clear": "deletes the last digit that you typed, and goes back when there is none",
            "say_again": "says the last again",
            "add": "is typed",
            "end": "means that you are done",
            "approve": "approves what you have heard to its end",
            "correct": "goes back to what you typed last",
            "step_back": "reads the digit before",
            "last_three": "reads the last three digits",
            "step_on": "reads the next digit",
            "down": "goes down or back",
            "up": "goes up or on",
            "switch": "changes it again",
            "choose": "is a choice",
            "go_back": "goes back",
            "leave": "ends it",
            "take_now": "gives the current code at once",
            "accept": "sets one that is long enough",
        },
    },
    "da": {
        "quote": "»{}«",
        "function": "Rød og {}",
        "red alone": "Rød alene",
        "again": "Den samme tast alene, rørt igen inden {} sekunder efter sidste berøring, er dens "
        "funktion en gang til ved {}. Rører du den senere, er den en tast som alle andre: Mens du "
        "taster, bliver dens ciffer tastet, og der bliver sagt, hvor mange cifre der står.",
        "decimal": ",",
        "and": "og",
        "keys": {
            "*": "stjerne",
            "#": "firkant",
            "red": "den røde tast",
            "digit": "et ciffer",
            "0 held": "0 holdt nede i 2 sekunder",
        },
        "functions": {
            ("red", 0): "Læser en ny kode op.",
            ("repeat", 0): "Læser den samme kode igen og siger først, om der er god tid. "
            "Er der ingen kode, bliver det gentaget, der sidst blev sagt.",
            ("volume", -1): "Et trin svagere.",
            ("own_pace", 0): "Du bestemmer selv, hvornår næste ciffer bliver læst.",
            ("volume", 1): "Et trin kraftigere.",
            ("speed", -1): "Læser langsommere.",
            (
                "status",
                0,
            ): "Batteri, ur og version, og valg af skærm, PIN, tastepause, tider, vibration, toner "
            "og, hvor der er to, stemme.",
            ("speed", 1): "Læser hurtigere.",
            ("language", -1): "Skifter til det forrige sprog.",
            ("serial", 0): "Læser serienummeret op, ciffer for ciffer, to gange.",
            ("language", 1): "Skifter til det næste sprog.",
            ("practice", 0): "En kode at øve sig med.",
            ("next_account", 0): "En kode til den næste konto, hvis der er flere.",
        },
        "screens": {
            "any": "Alle steder, hvor der ikke står andet herunder",
            "code": "Når en kode står på skærmen",
            "entry": "Mens du taster en PIN-kode eller et tal",
            "confirmation": "Når du skal godkende",
            "unheard": "Før du har hørt hele koden til en betaling eller beskeden om en ny PIN",
            "own_pace": "I eget tempo",
            "volume": "Når lydstyrken er sagt",
            "speed": "Når hastigheden er sagt",
            "language": "Når sproget er sagt",
            "theme": "Når lys eller mørk er sagt",
            "key_delay": "Når tastepausen er sagt",
            "typing_time": "Når tiden til at taste er sagt",
            "time_outs": "Når ventetiden er sagt",
            "vibration": "Når vibrationen er sagt (0 ingen, 1 pulser, 2 morse)",
            "tones": "Når tonerne er sagt",
            "voice": "Når stemmen er sagt",
            "fresh_period": "Mens der bliver ventet på en ny kode",
            "fresh_response": "Mens der bliver ventet på en ny kode, når du har godkendt",
            "status": "Når status er sagt",
            "function": "Når der bliver spurgt om en funktion",
            "keys": "Mens tasterne siger deres navne",
            "names_ended": "Når den siger, at navnene er slut",
            "turning_off": "Mens den siger, at den slukker",
            "offer": "Når en tastepause bliver tilbudt (andre taster virker på skærmen før)",
        },
        "actions": {
            "repeat": "siger det igen",
            "explore": "får tasterne til at sige deres navne",
            "check": "bliver sammenlignet med koden",
            "clear": "sletter det sidste ciffer, du tastede, og går tilbage, når der ikke er flere",
            "say_again": "siger det sidste igen",
            "add": "bliver tastet",
            "end": "betyder, at du er færdig",
            "approve": "godkender det, du har hørt til ende",
            "correct": "går tilbage til det, du tastede sidst",
            "step_back": "læser cifret før",
            "last_three": "læser de sidste tre cifre",
            "step_on": "læser det næste ciffer",
            "down": "går ned eller tilbage",
            "up": "går op eller frem",
            "switch": "skifter igen",
            "choose": "er et valg",
            "go_back": "går tilbage",
            "leave": "slutter",
            "take_now": "giver den nuværende kode med det samme",
            "accept": "vælger en, der er lang nok",
        },
    },
}


def functions(language: str) -> str:
    """Give the list of functions: the keys, the name that the token says, and what it does; and how
    long a key alone does its function again."""
    words = _WORDS[language]
    phrases = languages.load(language).phrases
    named = [(words["red alone"], ("new_code",), ("red", 0))] + [
        (words["function"].format(words["keys"].get(key, key)), said, (name, argument))
        for key, (name, argument, said) in _KEYMAP.FUNCTIONS.items()
    ]
    items = [
        f"{keys}: {words['quote'].format(' '.join(phrases[each] for each in said))} "
        f"{words['functions'][what]}"
        for keys, said, what in named
    ]
    repeated = [key for key, (name, _, _) in _KEYMAP.FUNCTIONS.items() if name in _KEYMAP.REPEATED]
    seconds = str(_KEYMAP.TREMOR_MS / 1000).replace(".", words["decimal"])
    which = f"{', '.join(repeated[:-1])} {words['and']} {repeated[-1]}"
    return "\n".join(map(_item, [*items, words["again"].format(seconds, which)]))


def screens(language: str) -> str:
    """Give what keys alone do, one item for each kind of screen."""
    words = _WORDS[language]
    return "\n".join(
        _item(
            f"{words['screens'][kind]}: "
            + "; ".join(
                f"{words['keys'].get(key, key)} {words['actions'][action]}"
                for key, action in keys.items()
            )
            + "."
        )
        for kind, keys in _KEYMAP.SCREENS.items()
    )


def _item(text: str) -> str:
    return "\n".join(
        textwrap.wrap(f"- {text}", _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    )
