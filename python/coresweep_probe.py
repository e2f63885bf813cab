#!/usr/bin/env python3
"""The probes of coresweep in Python: `coresweep probe NAME --python PATH` runs this script.

Prints one line of JSON per reading, as result files hold them, on a file descriptor of its own, so
that nothing else that an interpreter prints can be mistaken for one. What the interpreter is, is
asked after the work: an import may have turned its lock on again.

This file must be readable for Python 2, too, to be able to refuse it in a sentence.
"""

import sys

if sys.version_info < (3, 8):
    sys.exit("coresweep_probe.py needs Python 3.8 or later, this is %s" % sys.version.split()[0])
sys.dont_write_bytecode = True  # where it is installed nobody wants __pycache__

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402

import coresweep_experiments  # noqa: E402
import coresweep_runtime  # noqa: E402


def parse_arguments():
    parser = argparse.ArgumentParser(description="Runs one probe of coresweep in Python.")
    parser.add_argument("name", choices=sorted(coresweep_experiments.PROBES))
    parser.add_argument("--scale", type=float, default=1.0,
                        help="of the times that are waited (default: 1, whole seconds)")
    parser.add_argument("--answer-fd", type=int, default=1,
                        help="file descriptor to print the readings on (default: 1)")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    readings = []

    def tell(row, quantity, unit, value):
        readings.append({"row": row, "quantity": quantity, "unit": unit, "value": float(value)})

    coresweep_experiments.PROBES[arguments.name](tell, arguments.scale)
    about = {
        "type": "reading",
        "probe": arguments.name,
        "language": "Python",
        "runtime": coresweep_runtime.describe(),
        "python": sys.executable,
        "round": 0,
    }
    with os.fdopen(arguments.answer_fd, "w") as out:
        for reading in readings:
            out.write(json.dumps(dict(about, **reading)) + "\n")


if __name__ == "__main__":
    main()
