/* rounding.h - a check in every floating-point rounding mode. */
#ifndef CSW_ROUNDING_H
#define CSW_ROUNDING_H

#include <fenv.h>

#include "suite.h"

/* Keeps the compiler from moving arithmetic across a change of the rounding mode. */
#define BARRIER() __asm__ volatile("" ::: "memory")

static inline void for_each_mode(void (*check)(void))
{
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

    for (size_t i = 0; i < COUNT(modes); i++) {
        CHECK("mode", fesetround(modes[i]) == 0);
        BARRIER();
        check();
        BARRIER();
        CHECK("mode kept", fegetround() == modes[i]);
    }
    CHECK("mode", fesetround(FE_TONEAREST) == 0);
}

#endif
