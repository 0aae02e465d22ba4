#define _GNU_SOURCE
#include "CKernels.h"
#include <locale.h>
#include <stddef.h>
#include <wchar.h>

// The C library knows the widths of Unicode's characters in a locale of Unicode only, whatever the user's is.
static locale_t unicode;

__attribute__((constructor)) static void find_unicode(void) {
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

int fc_columns(uint32_t character) {
    if (unicode == (locale_t)0) return character < 32 || character == 127 ? -1 : 1;
    locale_t before = uselocale(unicode);
    int columns = wcwidth((wchar_t)character);
    uselocale(before);
    return columns;
}
