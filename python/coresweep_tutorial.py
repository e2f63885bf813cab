"""The tutorial's program: five threads that wait 1 to 5 seconds, times a scale, and a program that
joins them, or does not, or makes them daemons. In place of printing, it notes when it started, when
it would have printed "Finished", and when each thread was done, as lines on a file descriptor."""

import os
import sys
import threading
import time

ENDINGS = ("joined", "not joined", "daemon")
WORKERS = 5


def note(answer_fd, what):
    os.write(answer_fd, b"%s %d\n" % (what.encode(), time.monotonic_ns()))


def work(seconds, answer_fd):
    time.sleep(seconds)
    note(answer_fd, "done")


def main(ending, scale, answer_fd):
    threads = [threading.Thread(target=work, args=(scale * (worker + 1), answer_fd),
                                daemon=ending == "daemon")
               for worker in range(WORKERS)]
    note(answer_fd, "start")
    for thread in threads:
        thread.start()
    if ending == "joined":
        for thread in threads:
            thread.join()
    note(answer_fd, "printed")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
