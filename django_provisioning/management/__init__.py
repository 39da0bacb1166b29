"""Commands for people and scripts: ``provisioning_*``.

Owns arguments and output. Writes only through ``lifecycle``. Start reading in ``command.py``.
"""
