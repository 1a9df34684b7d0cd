"""Our process on a compute host: reports, and in time makes the hypervisor match what is asked.

Law: starts nothing before it has spoken to the server; takes UUIDs, never paths."""
