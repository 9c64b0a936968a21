"""``python -m napari_xraysep.cli``, the same as ``xraysep``."""

import sys

from napari_xraysep.cli import main

sys.exit(main())
