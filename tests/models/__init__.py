"""What the database itself guarantees."""
