"""Says in one line what interpreter runs it: version, file, build, GIL; a tab between them.

Any Python from 2.6 on can run it, so that one that is too old can be told from what is no Python.
"""

import platform
import sys
import sysconfig

FLAGS = " ".join(
    str(sysconfig.get_config_var(name))
    for name in ("CONFIG_ARGS", "PY_CFLAGS", "PY_CORE_CFLAGS", "PY_CORE_LDFLAGS")
)


def build():
    """How CPython was optimised, and what else sets its speed."""
    found = [
        name
        for name, flags in (
            ("PGO", ("--enable-optimizations", "-fprofile-use")),
            ("LTO", ("--with-lto", "-flto")),
        )
        if any(flag in FLAGS for flag in flags)
    ]
    words = ["+".join(found) or "no PGO"]
    if sysconfig.get_config_var("Py_DEBUG"):
        words.append("debug")
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        words.append("free-threaded")
    return ", ".join(words)


def main():
    version = "%d.%d.%d" % sys.version_info[:3]
    name = platform.python_implementation()
    if name == "CPython":
        text = "CPython %s, %s" % (version, build())
    else:
        text = "%s, Python %s" % (name, version)
    gil = "GIL on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "GIL off"
    print("\t".join(["coresweep asks:", version, sys.executable, text, gil]))


main()
