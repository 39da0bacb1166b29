"""The admin page of a project's own users, made with our mixin."""
