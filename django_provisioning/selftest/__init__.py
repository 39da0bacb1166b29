"""The self-test: proves with real requests that a leave ends every kind of access, on the project as it is configured.

Makes an unmistakable connection, people, sessions and tokens, lets the people leave on every path, presents every
credential again, and removes what it made. Start reading in ``walk.py``. ``probes/`` has a file per kind of
credential, ``ways/`` one per family of leave paths. Provisioning rows are written through ``lifecycle`` alone; a
probe makes the rows of its token package, and the way "application" plays the project's own code.

It may import ``jit`` and everything to the right of it; ``management`` starts it.
"""
