"""`hostdown serve`: a supervisor without threads, pools or connections, and its child processes."""
