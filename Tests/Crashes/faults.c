/* A library to preload: a file system that fails once, or a process that is killed, at a chosen call; and a record of what
 * a process does to the files below a folder.
 *
 *   FC_FAULT_FOLDER  calls on files below it are counted, from 1
 *   FC_FAULT_AT      the call that fails; absent or 0: none
 *   FC_FAULT         ENOSPC, EIO or EINTR: the call does nothing and says so; SHORT: half of the bytes are written;
 *                    KILL, TERM or INT: half of the bytes are written, or the call is made, and the process gets the signal
 *   FC_FAULT_RECORD  a file to which every call is appended: a line of kind, error number, length and path, then as many bytes
 *
 * The calls are those that change files: open where it creates or empties a file, write, ftruncate, fsync, rename, unlink,
 * mkdir. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_FILES 1024

static char *opened[MOST_FILES];
static const char *folder, *fault;
static long at, calls;
static int record = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    folder = getenv("FC_FAULT_FOLDER");
    fault = getenv("FC_FAULT");
    const char *number = getenv("FC_FAULT_AT"), *path = getenv("FC_FAULT_RECORD");
    at = number ? atol(number) : 0;
    if (path) record = NEXT(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    /* Children, such as git, are other processes. */
    unsetenv("LD_PRELOAD");
}

static int is_counted(const char *path) {
    return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static void absolute(const char *path, char *whole) {
    char here[PATH_MAX];
    if (path[0] == '/' || !getcwd(here, sizeof here)) {
        snprintf(whole, PATH_MAX, "%s", path);
    } else {
        while (strncmp(path, "./", 2) == 0) path += 2;
        snprintf(whole, PATH_MAX, "%.2048s/%.2000s", here, path);
    }
}

static void note(const char *kind, int error, const char *path, const void *bytes, size_t count) {
    if (record < 0) return;
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%s %d %zu %s\n", kind, error, count, path);
    ssize_t ignored = NEXT(write)(record, line, (size_t)length);
    if (count) ignored = NEXT(write)(record, bytes, count);
    (void)ignored;
}

/* What is to happen at a call. */
enum plan { PROCEED, FAIL, HALF, SIGNAL };

/* Counts a call; *error is set for FAIL. */
static enum plan count_call(int *error) {
    if (++calls != at || !fault) return PROCEED;
    if (!strcmp(fault, "SHORT")) return HALF;
    if (!strcmp(fault, "KILL") || !strcmp(fault, "TERM") || !strcmp(fault, "INT")) return SIGNAL;
    *error = !strcmp(fault, "ENOSPC") ? ENOSPC : !strcmp(fault, "EINTR") ? EINTR : EIO;
    return FAIL;
}

static void send_signal(void) {
    kill(getpid(), !strcmp(fault, "KILL") ? SIGKILL : !strcmp(fault, "TERM") ? SIGTERM : SIGINT);
}

/* A call of the result 0 or a new descriptor on `path`: counted, failed or made, recorded. */
#define CALL(kind, path, bytes, count, expression)                                                                     \
    pthread_mutex_lock(&lock);                                                                                         \
    int error = 0;                                                                                                     \
    enum plan plan = count_call(&error);                                                                               \
    int result = -1;                                                                                                   \
    if (plan == FAIL) {                                                                                                \
        errno = error;                                                                                                 \
    } else {                                                                                                           \
        result = (expression);                                                                                         \
        error = result < 0 ? errno : 0;                                                                                \
    }                                                                                                                  \
    note(kind, error, path, bytes, count);                                                                             \
    if (plan == SIGNAL) send_signal();                                                                                 \
    pthread_mutex_unlock(&lock);                                                                                       \
    if (error) errno = error

static void remember(int descriptor, const char *path) {
    if (descriptor < 0 || descriptor >= MOST_FILES) return;
    free(opened[descriptor]);
    opened[descriptor] = path ? strdup(path) : NULL;
}

static const char *path_of(int descriptor) {
    return descriptor >= 0 && descriptor < MOST_FILES ? opened[descriptor] : NULL;
}

static int open_any(const char *path, int flags, mode_t mode) {
    __typeof__(&open) next = NEXT(open);
    char whole[PATH_MAX];
    absolute(path, whole);
    if (!is_counted(whole)) return next(path, flags, mode);
    int result;
    if (flags & (O_CREAT | O_TRUNC)) {
        CALL(flags & O_TRUNC ? "create" : "open", whole, NULL, 0, next(path, flags, mode));
        remember(result, whole);
        return result;
    }
    result = next(path, flags, mode);
    remember(result, whole);
    return result;
}

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...) {                                                                       \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;                                                      \
        va_end(rest);                                                                                                  \
        return open_any(path, flags, mode);                                                                            \
    }
OPEN(open)
OPEN(open64)

int close(int descriptor) {
    pthread_mutex_lock(&lock);
    remember(descriptor, NULL);
    pthread_mutex_unlock(&lock);
    return NEXT(close)(descriptor);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    __typeof__(&write) next = NEXT(write);
    if (!is_counted(path_of(descriptor))) return next(descriptor, bytes, count);
    pthread_mutex_lock(&lock);
    int error = 0;
    enum plan plan = count_call(&error);
    ssize_t result = -1;
    if (plan != FAIL) {
        result = next(descriptor, bytes, plan == PROCEED ? count : (count + 1) / 2);
        error = result < 0 ? errno : 0;
    }
    note("write", error, path_of(descriptor), bytes, result > 0 ? (size_t)result : 0);
    if (plan == SIGNAL) send_signal();
    pthread_mutex_unlock(&lock);
    if (error) errno = error;
    return result;
}

int fsync(int descriptor) {
    const char *path = path_of(descriptor);
    if (!is_counted(path)) return NEXT(fsync)(descriptor);
    CALL("sync", path, NULL, 0, NEXT(fsync)(descriptor));
    return result;
}

static int truncate_any(int descriptor, off_t length) {
    const char *path = path_of(descriptor);
    if (!is_counted(path)) return NEXT(ftruncate)(descriptor, length);
    char text[32];
    int count = snprintf(text, sizeof text, "%lld", (long long)length);
    CALL("truncate", path, text, (size_t)count, NEXT(ftruncate)(descriptor, length));
    return result;
}
int ftruncate(int descriptor, off_t length) { return truncate_any(descriptor, length); }
int ftruncate64(int descriptor, off_t length) { return truncate_any(descriptor, length); }

int rename(const char *path, const char *other) {
    char whole[PATH_MAX], target[PATH_MAX];
    absolute(path, whole);
    absolute(other, target);
    if (!is_counted(target)) return NEXT(rename)(path, other);
    CALL("rename", whole, target, strlen(target), NEXT(rename)(path, other));
    return result;
}

int unlink(const char *path) {
    char whole[PATH_MAX];
    absolute(path, whole);
    if (!is_counted(whole)) return NEXT(unlink)(path);
    CALL("unlink", whole, NULL, 0, NEXT(unlink)(path));
    return result;
}

int mkdir(const char *path, mode_t mode) {
    char whole[PATH_MAX];
    absolute(path, whole);
    if (!is_counted(whole)) return NEXT(mkdir)(path, mode);
    CALL("mkdir", whole, NULL, 0, NEXT(mkdir)(path, mode));
    return result;
}
