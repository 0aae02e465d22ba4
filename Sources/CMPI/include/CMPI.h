// MPI, loaded at run time: bytes between the ranks of one run, and nothing else of it. The library is the one that the
// launcher belongs to: Open MPI 4 and 5 (libmpi.so.40), those with MPICH's ABI (libmpi.so.12, libmpich.so.12) or with the ABI of
// MPI 5 (libmpi_abi.so). Every function but the first returns 0, or MPI's error code; an error within a collective operation
// ends all ranks, as MPI does by default.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Loads the library of that name on the first call. Returns 0, or -1 with `message` saying why. Thread-safe.
int fc_mpi_load(const char *path, const char **message);

// Joins the ranks of the launcher; a process that no launcher has started is rank 0 of 1. Call it once.
int fc_mpi_init(int *rank, int *size);

// `bytes` of each rank to all, in order of ranks: `all` holds `size` times as many.
int fc_mpi_all_gather(const void *own, void *all, size_t bytes);
// `bytes` for each rank and from each, in order of ranks.
int fc_mpi_all_to_all(const void *out, void *in, size_t bytes);
// The bytes of rank `root` to all.
int fc_mpi_broadcast(void *data, size_t bytes, int root);

// fc_mpi_all_gather among ranks that are about to leave, apart from all other exchanges. Returns 1 where not all of them have
// come within so many milliseconds.
int fc_mpi_farewell(const void *own, void *all, size_t bytes, int milliseconds);

// Ends all ranks at once with an exit code.
void fc_mpi_abort(int code);
// Leaves the ranks. The process ends with the exit code where MPI has not let it go within five seconds, as some do not.
int fc_mpi_finalize(int code);

// What the library calls itself, such as "Open MPI v4.1.4"; after fc_mpi_load.
const char *fc_mpi_version(void);

#ifdef __cplusplus
}
#endif
