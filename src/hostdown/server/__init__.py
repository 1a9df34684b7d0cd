"""`hostdown serve`: a supervisor without threads, pools or connections, and its child processes.

Law: nothing here decides what the API answers; it starts, feeds, watches and ends processes.
"""
