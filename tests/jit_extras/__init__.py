"""The adapters of ``[allauth]`` and ``[social]``, each under settings of its own, against a real OpenID provider.

``pytest --ds tests.settings.allauth tests/jit_extras`` and ``--ds tests.settings.social``; under any other settings
these tests are left out.
"""
