"""Every session engine, login library, kind of token and way out, against each other."""
