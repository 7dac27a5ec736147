"""Refusals in Danish. The validator refuses in English, as it does to programs; here is what its
pages say instead.

What varies in a sentence stands as {}, in the same order in both languages. A test holds the
validator's own texts against the table. Faults of files that are imported stay English: they name
what stands in the file.
"""

import re
from functools import cache

from host_tools.validator.site.texts import text

REFUSALS = {
    # Tokens
    "There is no token with the serial number {}.": "Der er ingen kodebrik med serienummeret {}.",
    "Check the serial number.": "Se efter, om serienummeret er rigtigt.",
    "The token {} is in stock already.": "Kodebrikken {} er allerede på lager.",
    "Nothing is to be done.": "Der er ikke mere at gøre.",
    "The token {} is nobody's.": "Kodebrikken {} tilhører ingen.",
    "Assign the new token to its user.": "Tildel den nye kodebrik til brugeren.",
    "The token {} is {}: it cannot be {}.": "Kodebrikken {} er {}: Den kan ikke {}.",
    "Only a token that is {} can be.": "Det kan kun en kodebrik, der er {}.",
    "The user has another active token.": "Brugeren har en anden aktiv kodebrik.",
    "Block or unassign that one first.": "Spær den, eller læg den på lager først.",
    "A token that answers challenges is activated by an administrator.": (
        "En kodebrik, der svarer på udfordringer, aktiveres af en administrator."
    ),
    "Activate it by hand.": "Aktivér den ved udlevering.",
    "A window has 0 to {} steps to either side.": "Et vindue har 0 til {} trin til hver side.",
    "A look-ahead has 0 to {} counters.": "Der kan ses 0 til {} tællere frem.",
    "Give a smaller one.": "Angiv et mindre tal.",
    "A clock is off by 0 to {} ppm.": "Et ur går 0 til {} ppm forkert.",
    "Give what its data sheet says.": "Angiv det, der står i dets datablad.",
    "An activation code lives for 1 to 365 days.": "En aktiveringskode gælder i 1 til 365 dage.",
    "Give another number of days.": "Angiv et andet antal dage.",
    "The token {} is here already; nothing was imported.": "Kodebrikken {} er her allerede; intet blev importeret.",
    "Take it out of the file, or delete it first.": "Tag den ud af filen, eller slet den først.",
    "The token {} is to be imported twice.": "Kodebrikken {} står to gange.",
    "Remove one of the two; nothing was imported.": "Fjern den ene; intet blev importeret.",
    "{} is not a serial number.": "{} er ikke et serienummer.",
    "It has 1 to {} printable characters and no blanks.": "Det har 1 til {} skrevne tegn og ingen mellemrum.",
    "The suite of the token {} is not usable: {}.": "Kodebrikken {} har en suite, der ikke kan bruges: {}.",
    "Nothing was imported.": "Intet blev importeret.",
    # Users
    "There is no user {}.": "Der er ingen bruger {}.",
    "Check the user-ID.": "Se efter, om bruger-ID'et er rigtigt.",
    "The user {} has no active token.": "Brugeren {} har ingen aktiv kodebrik.",
    "Activate one first.": "Aktivér en først.",
    "The user-ID {} is taken.": "Bruger-ID'et {} er optaget.",
    "Choose another user-ID.": "Vælg et andet bruger-ID.",
    "A user-ID has no blanks at its ends.": "Et bruger-ID begynder og ender ikke med mellemrum.",
    "A user-ID holds printable characters only.": "Et bruger-ID består af skrevne tegn.",
    "A user-ID has {} to {} characters.": "Et bruger-ID har {} til {} tegn.",
    "A user-ID is never a CPR number, nor any ten digits.": "Et bruger-ID er aldrig et CPR-nummer eller ti cifre.",
    "A PIN has 4 to 32 printable characters.": "En PIN har 4 til 32 skrevne tegn.",
    "Choose another PIN.": "Vælg en anden PIN.",
    "There is no language {}.": "Sproget {} findes ikke.",
    "Choose one of: {}.": "Vælg mellem: {}.",
    "This is not an e-mail address.": "Det er ikke en mailadresse.",
    "It looks like name@example.org.": "En mailadresse ser ud som navn@example.org.",
    "The user {} is to get two tokens, and can have one active token.": (
        "Brugeren {} skal have to kodebrikker og kan kun have én aktiv."
    ),
    "Take one of the two out; nothing was done.": "Tag den ene ud; intet blev gjort.",
    # API keys
    "A key's name has 1 to {} printable characters.": "En nøgles navn har 1 til {} skrevne tegn.",
    "Choose another name.": "Vælg et andet navn.",
    "There is, or was, an API key named {}.": "Der er eller har været en API-nøgle, der hedder {}.",
    "There is no API key named {}.": "Der er ingen API-nøgle, der hedder {}.",
    "List the keys to see their names.": "Navnene står på listen over nøgler.",
    "The API key {} is revoked already.": "API-nøglen {} er allerede tilbagekaldt.",
    # Lists, the database and the site itself
    "A page has 1 to {} entries.": "En side har 1 til {} linjer.",
    "Ask for fewer, or from an offset of 0 or more.": "Bed om færre, eller begynd ved 0.",
    "The database does not answer: {}.": "Databasen svarer ikke: {}.",
    "Check that it runs, that its disk is not full, and that --database names it.": (
        "Se efter, om den kører, om disken er fuld, og om --database peger på den."
    ),
    "The database has no connection free.": "Databasen har ingen ledig forbindelse.",
    "Try again in a moment.": "Prøv igen om lidt.",
    "The server failed.": "Serveren begik en fejl.",
    "This is a defect; please report it with the server's log.": "Det er en fejl. Meld den sammen med serverens log.",
    "The role {} may not do this.": "Rollen {} må ikke gøre dette.",
    "This form was not sent from its own page. Open the page again.": (
        "Formularen blev ikke sendt fra sin egen side. Åbn siden igen."
    ),
    "There is no such action.": "Den handling findes ikke.",
    "Too many requests; try again in {} s.": "For mange forsøg. Prøv igen om {} s.",
    "The request is longer than {} bytes, the most that is taken here.": (
        "Det sendte er længere end {} byte, som er det højeste her."
    ),
    "Not Found": "Der er intet på den adresse.",
}

# Two in which what stands for {} is English itself.
_IS_AND_CANNOT = REFUSALS["The token {} is {}: it cannot be {}."]
_ONLY = REFUSALS["Only a token that is {} can be."]
_DEEDS = {
    "assigned": "tildeles",
    "blocked": "spærres",
    "unblocked": "åbnes igen",
    "activated": "aktiveres",
    "resynchronised": "stilles efter",
    "given a challenge": "få en udfordring",
}


def danish(sentence: str) -> str | None:
    """Give a refusal in Danish; None for one that is known in English alone."""
    for pattern, said in _patterns():
        found = pattern.fullmatch(sentence)
        if found is not None:
            return said.format(*_filled(said, found.groups()))
    return None


def _filled(said: str, values: tuple[str, ...]) -> list[str]:
    if said == _IS_AND_CANNOT:
        serial, status, deed = values
        return [serial, _states(status), _DEEDS.get(deed, deed)]
    return [_states(value) for value in values] if said == _ONLY else list(values)


def _states(words: str) -> str:
    return " eller ".join(text("da", f"status_{word}") for word in words.split(" or "))


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    # The longer text first: a sentence that begins with {} must not take another's place.
    ordered = sorted(REFUSALS.items(), key=lambda pair: -len(pair[0].replace("{}", "")))
    return [
        (re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL), said)
        for english, said in ordered
    ]
