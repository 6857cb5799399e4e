"""Training on several processes, on one machine or many, over MPI: ``mpiexec -n 4 python train.py``.

Importing it sees to it that an error that nobody catches on one rank ends them all.
"""

from minigraph.distributed.failure import abort_on_uncaught
from minigraph.distributed.parallel import DataParallel

__all__ = ["DataParallel"]

abort_on_uncaught()
