"""Danish texts of the screens. A message is (title, what to do)."""

TEXTS = {
    "not_provisioned": ("Ikke sat op", "Kodeviseren har ingen konto. Kontakt udstederen."),
    "blocked": ("Spærret", "Kodeviseren er spærret. Kontakt udstederen."),
    "damaged": ("Fejl i lageret", "Data er beskadiget. Få den sat op på ny."),
    "storage_failed": ("Lager-fejl", "Koden blev ikke taget. Tryk igen."),
    "clock_lost": ("Uret er gået i stå", "Få uret stillet hos udstederen."),
    "clock_absent": ("Uret svarer ikke", "Få kodeviseren byttet hos udstederen."),
    "expired": "Udløbet",
    "compare": "Samme tal på skærmen?",
    "serial": "Serienummer",
    "clock": "Ur (UTC)",
    "clock_ok": "Uret går",
    "battery": "Batteri",
    "battery_ok": "Opladet",
    "battery_low": "Lavt: oplad",
    "no_battery": "Måles ikke",
    "version": "Version",
    "development": "Udvikling",
    "production": "Produktion",
    "decimal": ",",
}
