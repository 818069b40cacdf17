"""One file a step, called ``rNNNN_what.py``. A published step is never changed."""
