"""What would happen, as a page: ``page.py`` runs it and undoes it, ``form.py`` reads what was asked."""
