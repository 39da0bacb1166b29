"""Tests of the protocol room; ``strategies`` has Hypothesis strategies for documents and filters."""
