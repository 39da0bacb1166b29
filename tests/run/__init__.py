"""The scheduled run: its jobs, its lock, its rows, its exit codes."""
