"""Django apps that only the suite installs: the other user models."""
