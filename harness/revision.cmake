# Writes revision.h with the git revision of SOURCE; touches it only when that has changed.
if(EXISTS ${SOURCE}/.git) # not the repository that a tarball happens to be unpacked in
  execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12
                  OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT revision)
  set(revision unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define CSW_REVISION \"${revision}\"\n" @ONLY)
