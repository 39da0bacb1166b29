"""``make demo``: a day of a real directory, played over HTTP against the example project.

``__main__`` prepares a site and identity providers of its own. ``story`` tells the directories' day, ``sso_story``
that of the logins; ``okta``, ``entra`` and ``directory`` hold request forms, ``browser`` and ``visitor`` are a person
who logs in, ``observer`` says what changed in Django.
"""
