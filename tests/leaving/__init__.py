"""Every way to leave, through its real door, for every kind of account (``--ds tests.settings.leaving``)."""
