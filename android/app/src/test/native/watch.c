/*
 * Sees one thread use the disk or the network: the files below a folder, and any socket, whoever asks for them, the program
 * in Java or a library. Looking whether a file is there is not seen. Loaded before the C library's own by LD_PRELOAD.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAME = 512, SEEN = 16384 };

static _Atomic int thread;
static char folder[NAME];
/* Written by that thread alone, read by it. */
static char seen[SEEN];

/* Watches the thread that calls this. */
void trial_watch(const char *below) {
    snprintf(folder, sizeof folder, "%s", below);
    seen[0] = 0;
    thread = (int)syscall(SYS_gettid);
}

/* What was seen, a line for each; watching ends. */
const char *trial_watched(void) {
    thread = 0;
    return seen;
}

static int watched(void) { return thread && thread == (int)syscall(SYS_gettid); }

static void note(const char *what, const char *name) {
    size_t used = strlen(seen);
    snprintf(seen + used, sizeof seen - used, "%s %s\n", what, name);
}

static void named(const char *what, const char *name) {
    if (watched() && name && !strncmp(name, folder, strlen(folder))) note(what, name);
}

static void opened(const char *what, int file) {
    if (!watched()) return;
    char link[64], name[NAME];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, name, sizeof name - 1);
    if (length < 0) return;
    name[length] = 0;
    if (!strncmp(name, folder, strlen(folder)) || !strncmp(name, "socket:", 7)) note(what, name);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define OPEN(name)                                                       \
    int name(const char *path, int flags, ...) {                         \
        va_list more;                                                    \
        va_start(more, flags);                                           \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more);                                                    \
        named("open", path);                                             \
        return REAL(name)(path, flags, mode);                            \
    }
OPEN(open)
OPEN(open64)

ssize_t read(int file, void *to, size_t size) { opened("read", file); return syscall(SYS_read, file, to, size); }
ssize_t write(int file, const void *from, size_t size) { opened("write", file); return syscall(SYS_write, file, from, size); }
ssize_t pread64(int file, void *to, size_t size, off64_t at) { opened("read", file); return REAL(pread64)(file, to, size, at); }
ssize_t pwrite64(int file, const void *from, size_t size, off64_t at) { opened("write", file); return REAL(pwrite64)(file, from, size, at); }
int fsync(int file) { opened("sync", file); return REAL(fsync)(file); }
int fdatasync(int file) { opened("sync", file); return REAL(fdatasync)(file); }
int rename(const char *from, const char *to) { named("rename", from); return REAL(rename)(from, to); }
int unlink(const char *path) { named("delete", path); return REAL(unlink)(path); }
int connect(int socket, const struct sockaddr *to, socklen_t size) { opened("connect", socket); return REAL(connect)(socket, to, size); }
