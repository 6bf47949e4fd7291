class BackupProblem(Exception):
    """Says in words for the administrator what is wrong and how to mend it; nothing has been changed."""
