"""A page that plays: trained models plan in the reader's browser."""
