"""Tests of the commands: what they print, what they write, how they fail."""
