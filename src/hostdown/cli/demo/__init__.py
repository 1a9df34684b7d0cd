"""`hostdown demo`: the main job before your eyes, on one machine, in about a minute.

`stage` starts real processes in a directory of their own and leaves nothing of them; `story` is
what happens on it; `narrator` says it and keeps count of what held. The end-to-end tests use the
same stage.
"""
