"""The `hostdown` command.

Law: parses, calls, prints. Commands that talk to a server go through its API like any client. What
a command does not need, it does not import: the table of commands holds names, not classes.
"""
