"""The quick starts of the documentation, followed to the letter in fresh projects."""
