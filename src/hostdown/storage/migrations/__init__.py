"""The two histories, run by Alembic. Each has a version table of its own, so that both may share
one database, also with another program's history.
"""

VERSION_TABLES = {
    "directory": "hostdown_directory_version",
    "cell": "hostdown_cell_version",
}
