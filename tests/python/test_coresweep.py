"""What python/coresweep.py gives: right numbers without copies, sentences, and threads that compute
at the same time. CORESWEEP_LIBRARY names the library, CC a C compiler, SOURCE the sources."""

import array
import ctypes
import doctest
import math
import mmap
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings
from concurrent import futures
from unittest import mock

SOURCE = os.environ["SOURCE"]
sys.path.insert(0, os.path.join(SOURCE, "python"))

import coresweep  # noqa: E402: found by the path above

TASKS = [1000, 2000, 5000, 3000, 100]
COUNTS = [31, 44, 70, 54, 10]
IS_CPYTHON = sys.implementation.name == "cpython"
KEEPS_GIL = (False, True) if hasattr(ctypes, "PyDLL") else (False,)  # PyPy has no PyDLL
HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()


def squares_to(n):
    return [r * r for r in range(1, math.isqrt(n) + 1)]


def kernels_of_squares():
    """All whose items are the numbers 1..n."""
    return [k.name for k in coresweep.kernels()
            if k.scans and k.finds == "perfect squares" and not k.missing]


def drivers_here():
    """Those that compute: `event` is for kernels that wait."""
    return [d.name for d in coresweep.drivers() if not d.missing and d.name != "event"]


def workers_of(driver):
    return 1 if driver == "serial" else 2


class Registries(unittest.TestCase):
    def test_name_what_there_is(self):
        self.assertIn("trial", kernels_of_squares())
        self.assertIn("pthread", drivers_here())
        for entry in coresweep.kernels() + coresweep.drivers():
            self.assertTrue(entry.name)
            self.assertTrue(entry.summary or entry.missing, entry)

    def test_tell_what_a_kernel_can_do(self):
        kernel = {k.name: k for k in coresweep.kernels()}
        self.assertEqual(kernel["trial"].finds, "perfect squares")
        self.assertEqual((kernel["trial"].scans, kernel["trial"].lists), (True, True))
        self.assertEqual((kernel["spin"].finds, kernel["spin"].lists), (None, False))
        self.assertEqual((kernel["sleep"].waits, kernel["spin"].waits), (True, False))
        self.assertFalse(kernel["array"].scans)
        self.assertEqual(kernel["trial"].max_n, 2**32)


class Ranges(unittest.TestCase):
    def test_every_kernel_counts_the_tutorials_squares(self):
        for kernel in kernels_of_squares():
            for keep_gil in KEEPS_GIL:
                with self.subTest(kernel=kernel, keep_gil=keep_gil):
                    counts = [coresweep.count(kernel, n, keep_gil=keep_gil) for n in TASKS]
                    self.assertEqual(counts, COUNTS)

    def test_every_kernel_lists_them(self):
        for kernel in kernels_of_squares():
            for n in TASKS:
                with self.subTest(kernel=kernel, n=n):
                    self.assertEqual(list(coresweep.hits(kernel, n)), squares_to(n))

    def test_parts_of_a_range_add_up_to_it(self):
        for kernel in kernels_of_squares():
            with self.subTest(kernel=kernel):
                whole = coresweep.scan(kernel, 3000)
                parts = [coresweep.scan(kernel, 3000, lo, lo + 500) for lo in range(0, 3000, 500)]
                self.assertEqual(tuple(map(sum, zip(*parts))), whole)

    def test_edges(self):
        self.assertEqual(list(coresweep.squares(0)), [])
        self.assertEqual(list(coresweep.squares(100, 9, 25)), [16, 25])
        self.assertEqual(list(coresweep.squares(100, 25, 9)), [])
        top = 2**64 - 1
        self.assertEqual(coresweep.count("roots", top, top - 2**33), 1)
        self.assertEqual(list(coresweep.squares(top, top - 2**33)), [(2**32 - 1)**2])

    def test_the_work_is_what_the_textbooks_loop_compares(self):
        self.assertEqual(coresweep.scan("trial", 5000).work, 24652485)


class Jobs(unittest.TestCase):
    def test_every_driver_lists_in_input_order(self):
        for driver in drivers_here():
            for keep_gil in KEEPS_GIL:
                with self.subTest(driver=driver, keep_gil=keep_gil):
                    lists = coresweep.lists("trial", TASKS, driver, workers_of(driver),
                                            keep_gil=keep_gil)
                    self.assertEqual([list(found) for found in lists], list(map(squares_to, TASKS)))

    def test_every_driver_gives_the_verified_tally(self):
        sums = coresweep.Tally(sum(TASKS), 38383511, sum(COUNTS),
                               sum(sum(squares_to(n)) for n in TASKS))
        for driver in drivers_here():
            for keep_gil in KEEPS_GIL:
                with self.subTest(driver=driver, keep_gil=keep_gil):
                    self.assertEqual(coresweep.run("trial", TASKS, driver, workers_of(driver),
                                                   keep_gil=keep_gil), sums)

    def test_schedules_and_defaults(self):
        for schedule in (None, "whole", "static", "dynamic", "dynamic:7", "guided:3", "late"):
            with self.subTest(schedule=schedule):
                self.assertEqual(coresweep.run("sqrt", TASKS, "pthread", 3, schedule).hits, 209)
        self.assertEqual(coresweep.run("sqrt", TASKS).hits, 209)
        self.assertEqual(coresweep.run("sleep", [1, 2], "pthread", 2).work, 3)
        self.assertEqual(coresweep.run("sleep", [5] * 100, "event", 100).work, 500)
        self.assertEqual(coresweep.run("array", [100000]).items, 100000)

    def test_the_callers_cpus_are_its_own_again(self):
        if not hasattr(os, "sched_getaffinity"):
            self.skipTest("this interpreter does not tell the CPUs that it may use")
        before = os.sched_getaffinity(0)
        first = str(min(before))
        try:
            self.assertEqual(coresweep.run("sqrt", TASKS, "serial", 1, pin=first).hits, 209)
        except coresweep.CoresweepError as error:
            self.assertIn("cannot be bound", str(error))
        self.assertEqual(os.sched_getaffinity(0), before)

    def test_jobs_of_many_threads_wait_for_each_other(self):
        """Forked workers among them: their watcher must be told apart from other threads."""
        wanted = [(driver, keep_gil) for driver in drivers_here() for keep_gil in KEEPS_GIL] * 2
        with futures.ThreadPoolExecutor(4) as pool:
            tallies = pool.map(lambda w: coresweep.run("sqrt", TASKS, w[0], workers_of(w[0]),
                                                       keep_gil=w[1]), wanted)
            self.assertEqual([tally.hits for tally in tallies], [209] * len(wanted))

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_a_process_forked_while_a_job_runs_can_run_its_own(self):
        with futures.ThreadPoolExecutor(1) as pool:
            job = pool.submit(coresweep.run, "sleep", [500], "serial", 1)
            time.sleep(0.1)
            program = ("import os, signal, coresweep\n"
                       "signal.alarm(60)\n"
                       "os._exit(coresweep.run('sqrt', [100], 'serial', 1).hits)\n")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of fork with threads: 3.12
                pid = os.fork()
            if pid == 0:
                exec(program)  # ends the child, whatever unittest would do with an exception
            _, status = os.waitpid(pid, 0)
            self.assertEqual(job.result().work, 500)
        self.assertTrue(os.WIFEXITED(status), status)
        self.assertEqual(os.WEXITSTATUS(status), 10)


class Buffers(unittest.TestCase):
    def check(self, data, numbers):
        roots = [(i, x) for i, x in enumerate(numbers) if math.isqrt(x)**2 == x]
        self.assertEqual(coresweep.count_squares(data), len(roots))
        self.assertEqual(list(coresweep.filter_squares(data)), [x for _, x in roots])
        self.assertEqual(list(coresweep.index_squares(data, keep_gil=KEEPS_GIL[-1])),
                         [i for i, _ in roots])

    def test_of_every_length(self):
        for length in list(range(70)) + [255, 256, 257, 1000, 8191, 8193]:
            with self.subTest(length=length):
                self.check(array.array("Q", range(length)), range(length))

    def test_only_squares_and_none(self):
        squares = [r * r for r in range(2**32 - 500, 2**32)]
        self.check(array.array("Q", squares), squares)
        self.check(array.array("Q", [x - 1 for x in squares]), [x - 1 for x in squares])

    def test_of_every_kind(self):
        numbers = array.array("Q", range(100))
        raw = numbers.tobytes()
        mapped = mmap.mmap(-1, 800)
        mapped.write(raw)
        kinds = {
            "array('L')": array.array("L", range(100)),
            "memoryview": memoryview(numbers),
            "a slice": memoryview(array.array("Q", [7]) + numbers)[1:],
            "two dimensions": memoryview(raw).cast("Q", (10, 10)),
            "read-only bytes": memoryview(raw).cast("Q"),
            "bytearray": memoryview(bytearray(raw)).cast("Q"),
            "shared memory": memoryview(mapped).cast("Q"),
            "ctypes": (ctypes.c_uint64 * 100)(*range(100)),
        }
        for kind, data in kinds.items():
            with self.subTest(kind=kind):
                self.check(data, range(100))

    def test_of_numpy(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("this interpreter has no numpy")
        self.check(numpy.arange(1000, dtype=numpy.uint64), range(1000))
        with self.assertRaisesRegex(ValueError, "do not follow one another"):
            coresweep.count_squares(numpy.arange(1000, dtype=numpy.uint64)[::2])
        with self.assertRaisesRegex(ValueError, "items of format"):
            coresweep.count_squares(numpy.arange(1000.0))

    def test_are_read_where_they_lie(self):
        numbers = array.array("Q", range(10))
        start = numbers.buffer_info()[0]
        for data, address in ((numbers, start), (memoryview(numbers)[3:], start + 24)):
            with coresweep._values(data) as (at, length):
                self.assertEqual((at, length), (address, len(data)))

    @unittest.skipUnless(IS_CPYTHON, "tracemalloc is CPython's")
    def test_are_not_copied(self):
        import tracemalloc
        numbers = memoryview(bytes(32 << 20)[:-8] + (10).to_bytes(8, sys.byteorder)).cast("Q")
        tracemalloc.start()
        found = coresweep.count_squares(numbers)
        positions = coresweep.index_squares(numbers[-3:])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        self.assertEqual((found, list(positions)), (len(numbers) - 1, [0, 1]))
        self.assertLess(peak, 1 << 20)

    @unittest.skipUnless(IS_CPYTHON, "references are counted by CPython alone")
    def test_are_let_go(self):
        numbers = array.array("Q", [4, 5, 6])
        before = sys.getrefcount(numbers)
        for _ in range(10):
            coresweep.filter_squares(numbers)
            with self.assertRaises(ValueError):
                coresweep.filter_squares(memoryview(numbers)[::2])
        self.assertEqual(sys.getrefcount(numbers), before)
        numbers.append(9)  # would be a BufferError while it is exported

    def test_of_another_kind_are_refused(self):
        raw = bytes(64)
        for data, sentence in (
                (raw, r"items of format 'B' with 1 byte"),
                (array.array("I", [4]), "with 4 bytes"),
                (array.array("q", [4]), "format 'q'"),
                (array.array("d", [4]), "format 'd'"),
                (memoryview(raw).cast("Q")[::2], "do not follow one another"),
                (memoryview(raw).cast("Q")[::-1], "do not follow one another")):
            for function in (coresweep.count_squares, coresweep.filter_squares,
                             coresweep.index_squares):
                with self.subTest(sentence=sentence, function=function.__name__):
                    with self.assertRaisesRegex(ValueError, sentence):
                        function(data)
        for data in ([1, 4], 4, None, "16"):
            with self.assertRaises(TypeError):
                coresweep.count_squares(data)

    def test_not_aligned_are_refused(self):
        odd = (ctypes.c_uint64 * 3).from_buffer(bytearray(32), 1)
        if ctypes.addressof(odd) % 8 == 0:
            self.skipTest("this interpreter aligns what begins within a bytearray")
        with self.assertRaisesRegex(ValueError, "no multiple of 8"):
            coresweep.count_squares(odd)


class Errors(unittest.TestCase):
    def refused(self, sentence, function, *arguments, **named):
        with self.assertRaisesRegex(coresweep.CoresweepError, sentence) as raised:
            function(*arguments, **named)
        self.assertLess(raised.exception.code, 0)

    def test_are_the_librarys_sentences(self):
        self.refused("unknown kernel 'tria'; did you mean 'trial'", coresweep.count, "tria", 5)
        self.refused("ends after the last of the task's 5 items", coresweep.count, "sqrt", 5, 0, 6)
        self.refused("task 4294967297 is too large", coresweep.count, "trial", 2**32 + 1)
        self.refused("'array' are data that workers fill", coresweep.count, "array", 5)
        self.refused("'sleep' cannot be divided", coresweep.count, "sleep", 5, 1)
        self.refused("'spin' has no list", coresweep.hits, "spin", 5)
        self.refused("'spin' has no list", coresweep.lists, "spin", [5])
        self.refused("there are no tasks", coresweep.run, "sqrt", [])
        self.refused("unknown driver 'threeds'", coresweep.run, "sqrt", [5], "threeds")
        self.refused("unknown schedule 'fair'", coresweep.run, "sqrt", [5], schedule="fair")
        self.refused("unknown placement 'tight'", coresweep.run, "sqrt", [5], pin="tight")
        self.refused("driver 'serial'.* one worker", coresweep.run, "sqrt", [5], "serial", 2)
        self.refused("more than the 4096", coresweep.run, "sqrt", [5], workers=4097)
        self.refused("chunk", coresweep.lists, "sqrt", [2**63], schedule="dynamic:1")

    def test_of_types_and_ranges_are_pythons(self):
        for arguments in ((5, 5), (None, 5), (b"sqrt", 5), ("sqrt", 5.0), ("sqrt", "5")):
            with self.subTest(arguments=arguments), self.assertRaises(TypeError):
                coresweep.count(*arguments)
        for arguments in (("sqrt", -1), ("sqrt", 2**64), ("sqrt", 5, -1), ("sqrt\0", 5)):
            with self.subTest(arguments=arguments), self.assertRaises(ValueError):
                coresweep.count(*arguments)
        for workers in (0, -1, 2**32):
            with self.subTest(workers=workers), self.assertRaises(ValueError):
                coresweep.run("sqrt", [5], workers=workers)
        with self.assertRaises(TypeError):
            coresweep.run("sqrt", [1.5])
        with self.assertRaises(TypeError):
            coresweep.lists("sqrt", 5)


class Threads(unittest.TestCase):
    def test_call_at_the_same_time_and_get_their_own_results(self):
        calls = [(kernel, n, keep_gil) for kernel in kernels_of_squares() for n in TASKS
                 for keep_gil in KEEPS_GIL]
        with futures.ThreadPoolExecutor(8) as pool:
            found = pool.map(lambda c: list(coresweep.hits(c[0], c[1], keep_gil=c[2])), calls)
            for call, listed in zip(calls, found):
                self.assertEqual(listed, squares_to(call[1]), call)

    def test_share_one_array(self):
        numbers = array.array("Q", range(100000))
        parts = [memoryview(numbers)[lo:lo + 9999] for lo in range(0, len(numbers), 9999)]
        with futures.ThreadPoolExecutor(4) as pool:
            found = [x for part in pool.map(coresweep.filter_squares, parts) for x in part]
        self.assertEqual(found, [r * r for r in range(317)])

    def waits_of_two(self, keep_gil):
        """When each of two threads was in its call: [(start, end), (start, end)]."""
        gate = threading.Barrier(2)

        def wait(_):
            gate.wait()
            start = time.monotonic()
            coresweep.scan("sleep", 300, keep_gil=keep_gil)
            return start, time.monotonic()

        # No thread is made to hand over the GIL: it does so where it waits, or not at all.
        before = sys.getswitchinterval()
        sys.setswitchinterval(60)
        try:
            with futures.ThreadPoolExecutor(2) as pool:
                return sorted(pool.map(wait, range(2)))
        finally:
            sys.setswitchinterval(before)

    def test_without_the_gil_are_in_their_calls_together(self):
        first, second = self.waits_of_two(keep_gil=False)
        self.assertLess(second[0], first[1])

    @unittest.skipIf(IS_CPYTHON, "this interpreter has PyDLL")
    def test_cannot_keep_the_gil_where_ctypes_cannot(self):
        with self.assertRaisesRegex(coresweep.CoresweepError, "it has no PyDLL"):
            coresweep.count("sqrt", 5, keep_gil=True)

    @unittest.skipUnless(IS_CPYTHON and HAS_GIL, "no call can keep the GIL here")
    def test_that_keep_the_gil_are_in_their_calls_one_after_the_other(self):
        first, second = self.waits_of_two(keep_gil=True)
        self.assertGreaterEqual(second[0], first[1])


class Library(unittest.TestCase):
    def test_that_is_not_there_gives_a_sentence(self):
        found = subprocess.run(
            [sys.executable, "-c", "import coresweep\ntry: coresweep.count('sqrt', 5)\n"
             "except coresweep.CoresweepError as error: print(error)"],
            env={**os.environ, "CORESWEEP_LIBRARY": "/nosuch/lib.so",
                 "PYTHONPATH": os.path.join(SOURCE, "python")},
            stdout=subprocess.PIPE, check=True)
        self.assertRegex(found.stdout.decode(), "^cannot load /nosuch/lib.so: .*CORESWEEP_LIBRARY")

    def test_of_another_version_is_refused(self):
        coresweep._library.cache_clear()
        with mock.patch.object(coresweep, "ABI", coresweep.ABI + 1):
            with self.assertRaisesRegex(coresweep.CoresweepError, "different versions"):
                coresweep.count("sqrt", 5)
        self.assertEqual(coresweep.count("sqrt", 5), 2)

    def test_has_every_structure_as_it_is_here(self):
        structures = {"csw_err": coresweep._Err, "csw_tally": coresweep._Tally,
                      "csw_run_kernel": coresweep._Kernel, "csw_run_driver": coresweep._Driver,
                      "csw_run_request": coresweep._Request}
        lines, here = [], []
        for name, structure in structures.items():
            lines.append('printf("%zu\\n", sizeof(struct {}));'.format(name))
            here.append(ctypes.sizeof(structure))
            for field, _ in structure._fields_:
                lines.append('printf("%zu\\n", offsetof(struct {}, {}));'.format(name, field))
                here.append(getattr(structure, field).offset)
        lines.append('printf("%u\\n", CSW_RUN_ABI);')
        here.append(coresweep.ABI)
        with tempfile.TemporaryDirectory() as folder:
            source, program = os.path.join(folder, "layout.c"), os.path.join(folder, "layout")
            with open(source, "w") as out:
                out.write("#include <coresweep/run.h>\n#include <stdio.h>\nint main(void) {"
                          + "\n".join(lines) + "}\n")
            subprocess.run([os.environ["CC"], "-I", os.path.join(SOURCE, "include"), source, "-o",
                            program], check=True)
            there = subprocess.run([program], stdout=subprocess.PIPE, check=True).stdout.split()
        self.assertEqual(here, list(map(int, there)))


class Documents(unittest.TestCase):
    def test_the_module_says_what_is_so(self):
        failed, attempted = doctest.testmod(coresweep, verbose=False)
        self.assertEqual(failed, 0)
        self.assertGreater(attempted, 3)

    @unittest.skipUnless(IS_CPYTHON, "the page shows what keeping the GIL does")
    def test_the_page_says_what_is_so(self):
        page = os.path.join(SOURCE, "docs", "PYTHON.md")
        failed, attempted = doctest.testfile(page, module_relative=False, verbose=False,
                                             optionflags=doctest.ELLIPSIS)
        self.assertEqual(failed, 0)
        self.assertGreater(attempted, 10)


if __name__ == "__main__":
    unittest.main()
