"""What all HTTP interfaces share."""
