"""A graphics card that is not there: put this folder on the PYTHONPATH and the PATH of a subprocess."""
