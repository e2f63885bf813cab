"""Processes that end for certain: with their time, with this process, and at Ctrl-C."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from pathlib import Path
from typing import Callable, Optional

PR_SET_PDEATHSIG = 1  # of linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36
EXIT_INTERRUPTED = 130


def write_text(path: Path, text: str) -> bool:
    """False where the system does not permit it."""
    try:
        path.write_text(text)
    except OSError:
        return False
    return True


def interrupt_on_signals() -> None:
    """What ends this process lets it clean up, as Ctrl-C does."""
    for end in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, signal.default_int_handler)


def adopt_orphans() -> None:
    """What a child leaves behind becomes a child of this process, which can wait for it."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """In a new process: it is killed when its parent ends, however that ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end_session(process: subprocess.Popen) -> None:
    """Kills what is still there of the session, and waits for it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    try:
        while True:
            os.waitpid(-process.pid, 0)
    except ChildProcessError:
        pass


def run_in_session(line: list[str], limit_s: float, prepare: Callable[[], None] = die_with_parent,
                   environment: Optional[dict[str, str]] = None) -> subprocess.CompletedProcess:
    """Runs the command in a session of its own, which ends with it; `prepare` is called in the new
    process. subprocess.TimeoutExpired where it takes longer."""
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=environment, start_new_session=True, preexec_fn=prepare)
    try:
        out, errors = process.communicate(timeout=limit_s)
    finally:
        end_session(process)
    return subprocess.CompletedProcess(line, process.returncode, out, errors)
