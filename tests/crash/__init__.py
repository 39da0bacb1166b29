"""Processes that die: real ones, by SIGKILL, in the middle of a leave, a Bulk and a scheduled run.

``test_kill.py`` makes a database of its own and starts ``driver.py`` on it, a program with a single thread: it forks a
victim for each point, looks at what the victim left behind, lets ``provisioning_run`` run and looks again.
"""
