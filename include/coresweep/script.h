/*
 * script.h - where the Python scripts of coresweep lie: those of python/ in the source tree, which
 * are installed to share/coresweep/python.
 */
#ifndef CORESWEEP_SCRIPT_H
#define CORESWEEP_SCRIPT_H

#include <limits.h>

#include <coresweep/err.h>

/*
 * Finds the script of that file name ("coresweep_probe.py", or one that lies beside that folder,
 * "../scripts/report_page.py"), which must be a file that can be read:
 * first in the folder that the environment variable CORESWEEP_PYTHON_DIR names, if it does, then
 * where an installed program finds it, ../share/coresweep/python seen from its own folder, then in
 * the source tree that it was built from. Returns 0; -ENOENT with all places that were looked at;
 * or what reading /proc/self/exe gave.
 */
int csw_script_find(char ret_path[PATH_MAX], const char *name, struct csw_err *);

#endif
