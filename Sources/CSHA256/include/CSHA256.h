#pragma once
#include <stddef.h>
#include <stdint.h>

/* The compression function of SHA-256 (FIPS 180-4, section 6.2.2) over `blocks` blocks of 64 bytes, by the processor's
 * own instructions where it has them. */
void csha256_compress(uint32_t state[8], const uint8_t *bytes, size_t blocks);

/* The same in plain C: for tests, and for processors without such instructions. */
void csha256_compress_plain(uint32_t state[8], const uint8_t *bytes, size_t blocks);
