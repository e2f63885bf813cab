"""What an interpreter is, in words: to be asked after the work, since an import may have turned the
lock of a free-threaded one on again."""

import os
import platform
import sys
import sysconfig


def is_gil_enabled():
    """Whether a global lock is in use now; interpreters that cannot tell have one."""
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def _version():
    if platform.python_implementation() == "PyPy":
        return "PyPy %d.%d.%d (Python %s)" % (
            sys.pypy_version_info[:3] + (platform.python_version(),))
    return "%s %s" % (platform.python_implementation(), platform.python_version())


def _is_of_another_build(arguments):
    """Whether sysconfig tells of a shared library that this interpreter does not use: Debian builds
    twice, and installs the program of one build with the configuration of the other."""
    if not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        return False
    if "--enable-static-libpython-for-interpreter" in arguments:
        return False
    with open("/proc/self/maps") as maps:
        return not any("/libpython" in line for line in maps)


def _optimizations():
    """PGO and LTO as configure was asked for them; nothing where it was not configure that built
    it."""
    arguments = sysconfig.get_config_var("CONFIG_ARGS")
    if arguments is None or platform.python_implementation() != "CPython":
        return []
    if _is_of_another_build(arguments):
        # its rules build the program with both
        is_debian = sys.prefix == "/usr" and os.path.exists("/etc/debian_version")
        return ["PGO+LTO (Debian)" if is_debian else "build not told"]
    found = [name for name, option in (("PGO", "--enable-optimizations"), ("LTO", "--with-lto"))
             if option in arguments]
    return ["+".join(found) if found else "no PGO"]


def build():
    """Version and what the build did for or against speed: "CPython 3.13.0, no PGO"."""
    words = [_version()] + _optimizations()
    if sysconfig.get_config_var("Py_DEBUG"):
        words.append("debug")
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        words.append("free-threaded")
    return ", ".join(words)


def lock():
    """What holds now: "GIL on"."""
    return "GIL on" if is_gil_enabled() else "GIL off"


def describe():
    """Build and lock: "CPython 3.13.0, PGO+LTO, GIL on"."""
    return "%s, %s" % (build(), lock())
