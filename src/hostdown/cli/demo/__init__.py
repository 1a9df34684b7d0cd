"""`hostdown demo`: the main job before your eyes, on one machine, in two or three minutes.

`stage` starts real processes in a directory of their own and leaves nothing of them; `places` are
the stages there are, a lab and simulated hosts; `story` and `servers` are what happens on them;
`narrator` says it and keeps count of what held. The end-to-end tests use the
same stage.
"""
