#define _GNU_SOURCE
#include "CMPI.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

// A handle is an int (MPICH's ABI) or a pointer (Open MPI, and the ABI of MPI 5). Either fits an intptr_t, and the calling
// conventions of x86-64 and arm64 ignore the upper half of an int.
typedef intptr_t handle;

static struct {
    int (*init_thread)(int *, char ***, int, int *);
    int (*comm_rank)(handle, int *);
    int (*comm_size)(handle, int *);
    int (*comm_dup)(handle, handle *);
    int (*allgather)(const void *, int, handle, void *, int, handle, handle);
    int (*alltoall)(const void *, int, handle, void *, int, handle, handle);
    int (*iallgather)(const void *, int, handle, void *, int, handle, handle, handle *);
    int (*bcast)(void *, int, handle, int, handle);
    int (*test)(handle *, int *, void *);
    int (*abort)(handle, int);
    int (*finalize)(void);
    int (*library_version)(char *, int *);
} mpi;

// Constants, which the ABIs name differently; MPI_THREAD_FUNNELED is 1 but in the ABI of MPI 5.
static handle world, byte;
static int funneled = 1;
// A copy of the world for those who leave: their exchange never meets another one.
static handle leaving;
static const char *failure = NULL;
static char version[8192];

static void *symbol(void *library, const char *name) {
    void *address = dlsym(library, name);
    if (!address) failure = "it is not an MPI library";
    return address;
}

// Whether the file that was loaded has the ABI of MPI 5: MPICH 5 brings both ABIs with the same names.
static int is_standard(void *library, const char *path) {
    void *address = dlsym(library, "MPI_Abi_get_version");
    if (!address) return 0;
    Dl_info info;
    const char *file = dladdr(address, &info) && info.dli_fname ? info.dli_fname : path;
    return strstr(file, "_abi") != NULL || strstr(path, "_abi") != NULL;
}

static void choose_constants(void *library, const char *path) {
    void *own = dlsym(library, "ompi_mpi_comm_world");
    if (own) {  // Open MPI: the addresses of its objects
        world = (handle)own;
        byte = (handle)symbol(library, "ompi_mpi_byte");
    } else if (is_standard(library, path)) {
        world = 0x101;
        byte = 0x247;
        funneled = 1024;
    } else {
        world = 0x44000000;
        byte = 0x4c00010d;
    }
}

static void load(const char *path) {
    // Global: Open MPI's own plugins look for its symbols.
    void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!library) {
        failure = "it cannot be loaded";
        return;
    }
    *(void **)&mpi.init_thread = symbol(library, "MPI_Init_thread");
    *(void **)&mpi.comm_rank = symbol(library, "MPI_Comm_rank");
    *(void **)&mpi.comm_size = symbol(library, "MPI_Comm_size");
    *(void **)&mpi.comm_dup = symbol(library, "MPI_Comm_dup");
    *(void **)&mpi.allgather = symbol(library, "MPI_Allgather");
    *(void **)&mpi.alltoall = symbol(library, "MPI_Alltoall");
    *(void **)&mpi.iallgather = symbol(library, "MPI_Iallgather");
    *(void **)&mpi.bcast = symbol(library, "MPI_Bcast");
    *(void **)&mpi.test = symbol(library, "MPI_Test");
    *(void **)&mpi.abort = symbol(library, "MPI_Abort");
    *(void **)&mpi.finalize = symbol(library, "MPI_Finalize");
    *(void **)&mpi.library_version = symbol(library, "MPI_Get_library_version");
    if (failure) return;
    choose_constants(library, path);
    int length = 0;
    mpi.library_version(version, &length);
    version[strcspn(version, "\n,")] = 0;
}

int fc_mpi_load(const char *path, const char **message) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int is_loaded = 0;
    pthread_mutex_lock(&lock);
    if (!is_loaded) {
        failure = NULL;
        load(path);
        is_loaded = !failure;
    }
    *message = failure;
    pthread_mutex_unlock(&lock);
    return *message ? -1 : 0;
}

int fc_mpi_init(int *rank, int *size) {
    int provided, error = mpi.init_thread(NULL, NULL, funneled, &provided);
    handle own = 0;
    if (!error) error = mpi.comm_dup(world, &own);
    if (!error) error = mpi.comm_dup(world, &leaving);
    if (error) return error;
    world = own;
    error = mpi.comm_rank(world, rank);
    return error ? error : mpi.comm_size(world, size);
}

enum { TOO_LONG = -1 };

int fc_mpi_all_gather(const void *own, void *all, size_t bytes) {
    if (bytes > INT_MAX) return TOO_LONG;
    return mpi.allgather(own, (int)bytes, byte, all, (int)bytes, byte, world);
}

int fc_mpi_all_to_all(const void *out, void *in, size_t bytes) {
    if (bytes > INT_MAX) return TOO_LONG;
    return mpi.alltoall(out, (int)bytes, byte, in, (int)bytes, byte, world);
}

int fc_mpi_broadcast(void *data, size_t bytes, int root) {
    if (bytes > INT_MAX) return TOO_LONG;
    return mpi.bcast(data, (int)bytes, byte, root, world);
}

int fc_mpi_farewell(const void *own, void *all, size_t bytes, int milliseconds) {
    if (bytes > INT_MAX) return TOO_LONG;
    handle request = 0;
    int error = mpi.iallgather(own, (int)bytes, byte, all, (int)bytes, byte, leaving, &request);
    for (int waited = 0; !error; waited++) {
        long status[8];
        int is_done = 0;
        error = mpi.test(&request, &is_done, status);
        if (error || is_done) return error;
        if (waited >= milliseconds) return 1;
        usleep(1000);
    }
    return error;
}

void fc_mpi_abort(int code) { mpi.abort(world, code); }

static int final_code = 0;
static void leave_now(int signal) {
    (void)signal;
    _exit(final_code);
}

// MPICH 4.0.2 over UCX's TCP waits for ever in half of all cases: one rank for the other's last bytes, which is asleep already.
int fc_mpi_finalize(int code) {
    final_code = code;
    signal(SIGALRM, leave_now);
    alarm(5);
    int error = mpi.finalize();
    alarm(0);
    return error;
}

const char *fc_mpi_version(void) { return version; }
