"""Says in one line what interpreter runs it: version, file, build, GIL; a tab between them.

Any Python from 2.6 on can run it, so that one that is too old can be told from what is no Python.
"""

import sys

import coresweep_runtime

VERSION = "%d.%d.%d" % sys.version_info[:3]

print("\t".join(["coresweep asks:", VERSION, sys.executable, coresweep_runtime.build(),
                 coresweep_runtime.lock()]))
