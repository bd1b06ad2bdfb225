"""What takes an hour.

``python -m tests.soak``: an STS that is away at the worst moment. See `soak.outage`.
``python -m tests.soak local``: a local AWS that is visited without a pause. See `soak.local`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from soak import local, outage

if sys.argv[1:2] == ["local"]:
    sys.exit(local.main(sys.argv[2:]))
sys.exit(outage.main(sys.argv[1:]))
