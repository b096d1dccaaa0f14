"""Running many programs of many tasks: what is run, by which engine, and what its results mean."""
