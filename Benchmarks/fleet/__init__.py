"""Three gateways of one fleet under load, while they and what they share fail."""
