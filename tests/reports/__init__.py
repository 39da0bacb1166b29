"""Reports: reads for people."""
