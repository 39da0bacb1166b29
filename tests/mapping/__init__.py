"""Documents to rows and back, filters and orders in SQL against their models in Python."""
