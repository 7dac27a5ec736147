"""Cases: the parts' measures, where each lies, and the body and lid around them."""
