"""Each section measures one thing and prints its tables."""
