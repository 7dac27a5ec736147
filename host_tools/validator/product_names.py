"""What users are told that their token is called. A token whose product is unknown (imported from
another maker) goes by the general name."""

from host_tools.validator.records import Product

_GENERAL = {"da": "kodebrik", "en": "token"}
_NAMES = {
    Product.KODEVISER: {"da": "kodeviser", "en": "display token"},
    Product.KODEOPLAESER: {"da": "kodeoplæser", "en": "speaking token"},
}


def product_name(product: Product | None, language: str) -> str:
    """Give the name of a product in the singular, without an article; `language` is da or en."""
    return (_GENERAL if product is None else _NAMES[product])[language]
