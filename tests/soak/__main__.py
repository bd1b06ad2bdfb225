"""An STS that is away for half an hour, at the worst moment: ``python -m tests.soak``. See `soak.outage`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from soak.outage import main

sys.exit(main(sys.argv[1:]))
