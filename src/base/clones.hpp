// Marks an inner loop to be compiled for several instruction sets and chosen when the program
// starts.
#pragma once

// Function multiversioning resolves before a sanitizer's runtime is up: plain code then.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__) && defined(__OPTIMIZE__)
#define PHAROS_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PHAROS_CLONES
#endif

// In a file of such loops only: lets the compiler turn their conditions into blends. Comparisons of
// NaN set no flag that anybody reads.
#if defined(__clang__)
#define PHAROS_LOOPS_ONLY  // clang has no such pragma
#else
#define PHAROS_LOOPS_ONLY _Pragma("GCC optimize(\"O3,no-trapping-math,no-math-errno\")")
#endif
