"""The HTTP face under pressure: bad input, other tenants, wrong tokens, query budgets, many clients at once."""
