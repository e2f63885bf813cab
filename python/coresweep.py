"""coresweep: exact perfect squares, and ways to compute them on all cores, without the GIL.

A thin way from Python to libcoresweep-run (include/coresweep/run.h and squares.h): standard library
only, CPython 3.8 or later and PyPy. Calls drop the GIL, so that threads compute at the same time;
with `keep_gil=True` they keep it, as Python code does: the same work, one thread after the other
(not on PyPy, whose calls always drop it).

    >>> import coresweep
    >>> coresweep.count("trial", 5000)          # perfect squares in 1..5000, by the textbook's loop
    70
    >>> list(coresweep.squares(50))
    [1, 4, 9, 16, 25, 36, 49]
    >>> [len(found) for found in coresweep.lists("sqrt", [1000, 2000], driver="fork", workers=2)]
    [31, 44]

The library is taken from the environment variable CORESWEEP_LIBRARY, or else from where this file
was installed or built with, or else from where the system looks for libraries.

Names of kernels, drivers and schedules are those of `coresweep list` and `coresweep run`; options
have their defaults. A task of size n has the items 0 to n - 1; where squares are looked for, item i
stands for the number i + 1. What the library refuses or finds wrong is a CoresweepError with its
sentence; arguments that it cannot be given at all are TypeError and ValueError.
"""

import array
import collections
import contextlib
import ctypes
import functools
import operator
import os
import sys
import sysconfig

__all__ = [
    "CoresweepError", "Driver", "Kernel", "Tally", "count", "count_squares", "drivers",
    "filter_squares", "hits", "index_squares", "kernels", "library", "lists", "run", "scan",
    "squares",
]

SONAME = "libcoresweep-run.so.0"
ABI = 1  # CSW_RUN_ABI of run.h
UINT64_MAX = 2**64 - 1


class CoresweepError(Exception):
    """The library's sentence. `code` is its negative errno, or -10000 for a wrong result."""

    def __init__(self, sentence, code=0):
        super().__init__(sentence)
        self.code = code


Tally = collections.namedtuple("Tally", "items work hits digest")
Tally.__doc__ = "Sums mod 2**64: items looked at, elementary steps, items found, the sum of these."

Kernel = collections.namedtuple("Kernel", "name summary finds unit missing max_n scans lists waits")
Kernel.__doc__ = """What work is.

finds: what its hits are, None: it finds nothing. unit: what Tally.work counts. missing: why this
CPU cannot run it, or None. max_n: its largest task, 0: any. scans: scan() and count() take it.
lists: hits() and lists() do. waits: it waits instead of computing.
"""

Driver = collections.namedtuple("Driver", "name summary missing")
Driver.__doc__ = "How work reaches workers. missing: why run() cannot use it, or None."


# ---- run.h ---------------------------------------------------------------------------------------

class _Err(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("text", ctypes.c_char * 512)]


class _Tally(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in Tally._fields]


class _Kernel(ctypes.Structure):
    _fields_ = (
        [(name, ctypes.c_char_p) for name in ("name", "summary", "finds", "unit", "missing")]
        + [("max_n", ctypes.c_uint64)]
        + [(name, ctypes.c_bool) for name in ("scans", "lists", "waits")]
    )


class _Driver(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p) for name in Driver._fields]


class _Request(ctypes.Structure):
    _fields_ = [
        ("kernel", ctypes.c_char_p), ("tasks", ctypes.c_void_p), ("count", ctypes.c_size_t),
        ("driver", ctypes.c_char_p), ("schedule", ctypes.c_char_p), ("pin", ctypes.c_char_p),
        ("workers", ctypes.c_uint),
    ]


_TEXT, _U64, _SIZE, _ADDRESS = ctypes.c_char_p, ctypes.c_uint64, ctypes.c_size_t, ctypes.c_void_p
_TO = ctypes.POINTER
_RANGE = [_TEXT, _U64, _U64, _U64]
_ARRAY = [_ADDRESS, _SIZE]

# name: (what it returns, what it takes)
_FUNCTIONS = {
    "csw_run_abi": (ctypes.c_uint, []),
    "csw_run_kernel_at": (ctypes.c_bool, [_SIZE, _TO(_Kernel)]),
    "csw_run_driver_at": (ctypes.c_bool, [_SIZE, _TO(_Driver)]),
    "csw_run_scan": (ctypes.c_int, _RANGE + [_TO(_Tally), _TO(_Err)]),
    "csw_run_list": (ctypes.c_int, _RANGE + [_ADDRESS, _U64, _TO(_U64), _TO(_Err)]),
    "csw_run_job": (ctypes.c_int, [_TO(_Request), _TO(_Tally), _TO(_Err)]),
    "csw_run_lists_open": (ctypes.c_int, [_TO(_ADDRESS), _TO(_Request), _TO(_Err)]),
    "csw_run_lists_hits": (_ADDRESS, [_ADDRESS, _SIZE, _TO(_U64)]),
    "csw_run_lists_close": (None, [_ADDRESS]),
    "csw_count_array": (_SIZE, _ARRAY),
    "csw_filter_array": (_SIZE, _ARRAY + _ARRAY + [_TO(_SIZE)]),
    "csw_index_array": (_SIZE, _ARRAY + [_U64] + _ARRAY + [_TO(_SIZE)]),
}


# ---- finding and opening the library -------------------------------------------------------------

def _candidates():
    """The files to try: of an installed tree (share/coresweep/python), then of a build's."""
    here = os.path.dirname(os.path.realpath(__file__))
    prefix = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    for folder in ("lib", os.path.join("lib", multiarch), "lib64"):
        yield os.path.join(prefix, folder, SONAME)
    yield os.path.join(os.path.dirname(here), "build", "release", SONAME)


@functools.lru_cache(maxsize=None)
def library():
    """The path of the library in use, or its bare name where the system's loader finds it."""
    given = os.environ.get("CORESWEEP_LIBRARY")
    if given:
        return given
    return next((path for path in _candidates() if os.path.exists(path)), SONAME)


def _opener(keep_gil):
    if keep_gil and not hasattr(ctypes, "PyDLL"):
        raise CoresweepError("the ctypes of this interpreter always drops the GIL: it has no PyDLL")
    return ctypes.PyDLL if keep_gil else ctypes.CDLL


@functools.lru_cache(maxsize=None)
def _library(keep_gil):
    opener = _opener(keep_gil)
    try:
        opened = opener(library())
        functions = {name: getattr(opened, name) for name in _FUNCTIONS}
    except (OSError, AttributeError) as error:
        raise CoresweepError(
            "cannot load {}: {}; build coresweep, or name its {} by the environment variable "
            "CORESWEEP_LIBRARY".format(library(), error, SONAME)) from None
    for name, (returned, taken) in _FUNCTIONS.items():
        functions[name].restype, functions[name].argtypes = returned, taken
    if functions["csw_run_abi"]() != ABI:
        raise CoresweepError("{} has interface {}, and this module needs {}: they are of different "
                             "versions".format(library(), functions["csw_run_abi"](), ABI))
    return opened


def _call(name, keep_gil, *arguments):
    """Calls a function that fails with a sentence."""
    err = _Err()
    code = getattr(_library(bool(keep_gil)), name)(*arguments, ctypes.byref(err))
    if code != 0:
        raise CoresweepError(err.text.decode("utf-8", "replace"), code)


# ---- arguments -----------------------------------------------------------------------------------

def _u64(value, name):
    """ctypes would cut off what does not fit."""
    number = operator.index(value)
    if not 0 <= number <= UINT64_MAX:
        raise ValueError("{} = {} is not from 0 to 2**64 - 1".format(name, number))
    return number


def _name(text, name):
    if not isinstance(text, str):
        raise TypeError("{} is a str, not {}".format(name, type(text).__name__))
    encoded = text.encode()
    if b"\0" in encoded:
        raise ValueError("{} {!r} has a null character in it".format(name, text))
    return encoded


def _optional_name(text, name):
    return None if text is None else _name(text, name)


def _range(n, lo, hi):
    n = _u64(n, "n")
    return n, _u64(lo, "lo"), n if hi is None else _u64(hi, "hi")


# ---- buffers -------------------------------------------------------------------------------------

class _Buffer(ctypes.Structure):
    """Py_buffer of the stable ABI."""

    _fields_ = [
        ("buf", ctypes.c_void_p), ("obj", ctypes.c_void_p), ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p), ("shape", ctypes.c_void_p), ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p), ("internal", ctypes.c_void_p),
    ]


@contextlib.contextmanager
def _address(view):
    """Where a view's memory is, which ctypes itself tells of writable memory alone."""
    if hasattr(ctypes, "pythonapi"):
        buffer = _Buffer()
        ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(view), ctypes.byref(buffer), 0)
        try:
            yield buffer.buf or 0
        finally:
            ctypes.pythonapi.PyBuffer_Release(ctypes.byref(buffer))
    else:  # PyPy has no C API of its own here, but cffi in its standard library
        import cffi
        ffi = cffi.FFI()
        kept = ffi.from_buffer(view)
        yield int(ffi.cast("uintptr_t", kept))


def _check_format(view):
    native = "@=<" if sys.byteorder == "little" else "@=>"
    if view.itemsize != 8 or view.format.lstrip(native) not in ("Q", "L", "N"):
        raise ValueError(
            "the buffer has items of format {!r} with {} bytes, not unsigned ones of 8 ('Q'); "
            "memoryview(data).cast('B').cast('Q') reads plain bytes as such".format(
                view.format, view.itemsize))
    if not view.c_contiguous:
        raise ValueError("the items of the buffer do not follow one another in memory; copy them "
                         "to an array('Q') first")


@contextlib.contextmanager
def _values(data):
    """The address and the number of an object's 8-byte items, where they lie; held meanwhile."""
    with memoryview(data) as view:
        _check_format(view)
        with _address(view) as address:
            if address % 8 != 0 and view.nbytes > 0:
                raise ValueError("the buffer begins at address {:#x}, which is no multiple of 8"
                                 .format(address))
            yield address, view.nbytes // 8


def _room(count):
    return array.array("Q", [0]) * count


# ---- what there is -------------------------------------------------------------------------------

def _entries(function, struct, entry):
    raw = struct()
    index = 0
    while getattr(_library(False), function)(index, ctypes.byref(raw)):
        fields = (getattr(raw, name) for name in entry._fields)
        yield entry(*(f.decode() if isinstance(f, bytes) else f for f in fields))
        index += 1


def kernels():
    """All kernels, in teaching order: a list of Kernel."""
    return list(_entries("csw_run_kernel_at", _Kernel, Kernel))


def drivers():
    """All drivers, those that cannot be used here too: a list of Driver."""
    return list(_entries("csw_run_driver_at", _Driver, Driver))


# ---- a range, by the calling thread --------------------------------------------------------------

def scan(kernel, n, lo=0, hi=None, keep_gil=False):
    """Runs a kernel over the items [lo, hi) of a task of size n, all by default: its Tally."""
    tally = _Tally()
    _call("csw_run_scan", keep_gil, _name(kernel, "kernel"), *_range(n, lo, hi),
          ctypes.byref(tally))
    return _tally(tally)


def _tally(raw):
    return Tally(*(getattr(raw, name) for name in Tally._fields))


def count(kernel, n, lo=0, hi=None, keep_gil=False):
    """How many hits scan() finds."""
    return scan(kernel, n, lo, hi, keep_gil).hits


def hits(kernel, n, lo=0, hi=None, keep_gil=False):
    """What a kernel finds among the items [lo, hi) of a task of size n, as an array('Q')."""
    arguments = (_name(kernel, "kernel"),) + _range(n, lo, hi)
    found = ctypes.c_uint64()
    _call("csw_run_list", keep_gil, *arguments, None, 0, ctypes.byref(found))
    room = _room(found.value)
    _call("csw_run_list", keep_gil, *arguments, room.buffer_info()[0], len(room),
          ctypes.byref(found))
    return room


def squares(n, lo=0, hi=None, kernel="roots", keep_gil=False):
    """The perfect squares in 1..n, or in lo+1..hi of them, ascending, as an array('Q')."""
    return hits(kernel, n, lo, hi, keep_gil)


# ---- arrays and buffers --------------------------------------------------------------------------

def count_squares(data, keep_gil=False):
    """How many items of a buffer are perfect squares; 0 is one.

    `data` is any object with the buffer protocol and unsigned items of 8 bytes, one after the
    other: array('Q'), a memoryview, a NumPy array of uint64, shared memory. It is read where it
    lies, never copied, may be read-only, and must not change meanwhile. So do the next two.
    """
    with _values(data) as (address, length):
        return _library(bool(keep_gil)).csw_count_array(address, length)


def _collect(data, function, keep_gil, *first):
    """Counts, so that the room is neither too small nor larger than needed; then fills it."""
    functions = _library(bool(keep_gil))
    with _values(data) as (address, length):
        room = _room(functions.csw_count_array(address, length))
        consumed = ctypes.c_size_t()
        found = getattr(functions, function)(address, length, *first, room.buffer_info()[0],
                                             len(room), ctypes.byref(consumed))
    if found != len(room) or consumed.value != length:
        raise ValueError("the buffer has changed while it was read")
    return room


def filter_squares(data, keep_gil=False):
    """The items of a buffer that are perfect squares, in their order, as an array('Q')."""
    return _collect(data, "csw_filter_array", keep_gil)


def index_squares(data, keep_gil=False):
    """Where they stand: their positions, from 0 on, as an array('Q')."""
    return _collect(data, "csw_index_array", keep_gil, 0)


# ---- a whole job, by a driver --------------------------------------------------------------------

@contextlib.contextmanager
def _request(kernel, tasks, driver, workers, schedule, pin):
    """A request, and the memory that it points into, while it is used."""
    sizes = array.array("Q", [_u64(n, "a task's n") for n in tasks])
    team = 0 if workers is None else operator.index(workers)
    if not (workers is None or 1 <= team < 2**32):
        raise ValueError("workers = {} is not from 1 to 2**32 - 1".format(team))
    yield ctypes.byref(_Request(
        _name(kernel, "kernel"), sizes.buffer_info()[0], len(sizes), _name(driver, "driver"),
        _optional_name(schedule, "schedule"), _optional_name(pin, "pin"), team))


def run(kernel, tasks, driver="pthread", workers=None, schedule=None, pin=None, keep_gil=False):
    """Runs a workload once by a driver's workers: the Tally of all tasks, verified.

    tasks: the size n of each. workers: as many as have CPU time, by default. schedule: "whole",
    "static", "dynamic[:chunk]", "guided[:chunk]" or "late[:chunk]". pin: "cores", "compact",
    "spread" or a list of CPUs "0,2"; by default nothing is bound. The calling thread is one of the
    workers. One job runs at a time: other threads' calls of run() and lists() wait for it.
    """
    tally = _Tally()
    with _request(kernel, tasks, driver, workers, schedule, pin) as request:
        _call("csw_run_job", keep_gil, request, ctypes.byref(tally))
    return _tally(tally)


def lists(kernel, tasks, driver="pthread", workers=None, schedule=None, pin=None, keep_gil=False):
    """What the same job finds: an array('Q') for every task, in the order of `tasks`, verified."""
    tasks = list(tasks)
    opened = ctypes.c_void_p()
    with _request(kernel, tasks, driver, workers, schedule, pin) as request:
        _call("csw_run_lists_open", keep_gil, ctypes.byref(opened), request)
    try:
        return [_hits_of(opened, task) for task in range(len(tasks))]
    finally:
        _library(False).csw_run_lists_close(opened)


def _hits_of(opened, task):
    found = ctypes.c_uint64()
    address = _library(False).csw_run_lists_hits(opened, task, ctypes.byref(found))
    copied = _room(found.value)
    if copied:
        ctypes.memmove(copied.buffer_info()[0], address, 8 * len(copied))
    return copied
