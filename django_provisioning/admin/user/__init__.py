"""What ``user_admin.py`` adds to a project's own page of users: filters, forms and a panel."""
