"""What the standards say, tested over HTTP: one case for each assertion of ``assertions.txt``.

A case carries ``@pytest.mark.compliance(standard, section, "B001 requirement")``; ``tests.plugins.compliance``
prints them as the matrix ``docs/reference/compliance.md``.
"""
