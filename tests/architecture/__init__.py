"""The shape of the package, held by tests that read its source: who may write, import and be how long."""
