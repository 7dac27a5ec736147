"""Danish texts of the screens. A message is (what is wrong, what to do)."""

TEXTS = {
    "not_provisioned": ("Ikke sat op", "Kodeviseren har ingen konto. Kontakt udstederen."),
    "blocked": ("Spærret", "Kontakt udstederen for at få kodeviseren åbnet igen."),
    "damaged": ("Hukommelsesfejl", "Data kan ikke læses. Få kodeviseren sat op på ny."),
    "storage_failed": ("Kan ikke gemme", "Ingen kode denne gang. Prøv igen."),
    "clock_lost": ("Uret er gået i stå", "Få uret stillet hos udstederen, før du får koder."),
    "clock_absent": ("Uret svarer ikke", "Få kodeviseren byttet hos udstederen."),
    "expired": "Udløbet",
    "new_code_in": "Ny kode om sekunder:",
    "compare": "Tast på computeren",
    "serial": "Serienummer",
    "clock": "Ur",
    "clock_ok": "Uret går",
    "battery": "Batteri",
    "battery_ok": "Opladet",
    "battery_low": "Lavt: oplad det",
    "no_battery": "Måles ikke",
    "version": "Version",
    "development": "Udvikling",
    "production": "Produktion",
    "decimal": ",",
}
