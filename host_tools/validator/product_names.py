"""What users are told that their token is called. A token whose product is unknown (imported from
another maker) goes by the general name."""

from typing import Literal

from host_tools.messages.catalogue import Message
from host_tools.validator.records import Product


def product_name(product: Product | Literal["app"] | None) -> Message:
    """Give the name of a product in the singular, without an article."""
    return Message("product-name." + (product or "general"))
