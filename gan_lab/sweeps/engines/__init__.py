"""Engines: where the jobs of a sweep are played.

An engine has `start(spec, log, slot)`, which begins the job of a specification and
returns a task: `poll()` is its exit code or None while it is under way, and `stop()`
asks it to save and end. A task may have `kill()`, which ends it at once, for one that
does not end; and `has_begun()`, where it may have to wait for a machine first.
"""
