"""The one error that a user is meant to read."""


class InputError(Exception):
    """Bad input: one line that names the file or key, what is wrong and what is allowed.

    The command line prints it without a traceback and exits with status 2.
    """
