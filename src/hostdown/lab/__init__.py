"""Virtual compute hosts on one Linux machine, that fail as real ones do.

Law: knows the program's other roles as processes only, and starts them as anybody would; whatever
it makes outside its state directory carries the lab's name, so that it can be found and removed
though nobody remembers it.
"""
