"""Files, locks, cores, signals and a console: what the operating system gives."""
