#include "CFuzzing.h"

#include <stdatomic.h>
#include <stdint.h>

#include <sanitizer/allocator_interface.h>

/* Bytes in use since the last reset: negative when more was freed than allocated. */
static atomic_llong used, peak;

static void allocated(const volatile void *memory, size_t size) {
    (void)memory;
    long long now = atomic_fetch_add_explicit(&used, (long long)size, memory_order_relaxed) + (long long)size;
    long long most = atomic_load_explicit(&peak, memory_order_relaxed);
    while (now > most && !atomic_compare_exchange_weak(&peak, &most, now)) {
    }
}

static void freed(const volatile void *memory) {
    if (!memory) return;
    long long size = (long long)__sanitizer_get_allocated_size(memory);
    atomic_fetch_sub_explicit(&used, size, memory_order_relaxed);
}

int cfuzzing_count_memory(void) { return __sanitizer_install_malloc_and_free_hooks(allocated, freed); }

void cfuzzing_reset_peak(void) {
    atomic_store(&used, 0);
    atomic_store(&peak, 0);
}

size_t cfuzzing_peak(void) { return (size_t)atomic_load(&peak); }

/* Swift keeps the address of an object's weak counts shifted. The leak checker does not see it there and reports the counts as lost. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:formWeakReference\n"; }
