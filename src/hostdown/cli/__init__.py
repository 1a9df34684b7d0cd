"""The `hostdown` command.

Law: parses, calls, prints; commands that talk to a server go through its API like any client."""
