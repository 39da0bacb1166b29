"""API keys that a project made itself."""
