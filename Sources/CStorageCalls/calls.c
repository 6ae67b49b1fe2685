#define _GNU_SOURCE
#include "CStorageCalls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t storage_list(int directory, void *buffer, size_t capacity) {
    return syscall(SYS_getdents64, directory, buffer, capacity);
}

/* Says whether a path could lead out of the directory that it is relative to: it is absolute, or has a component "..". */
static int leaves(const char *path) {
    if (path[0] == '/') return 1;
    for (const char *dots = strstr(path, ".."); dots != NULL; dots = strstr(dots + 1, "..")) {
        if ((dots == path || dots[-1] == '/') && (dots[2] == 0 || dots[2] == '/')) return 1;
    }
    return 0;
}

/* Opens every directory of the path without following links, then the last component. */
static int open_by_components(int directory, const char *path, int flags, mode_t mode) {
    int current = directory;
    const char *rest = path;
    for (;;) {
        const char *slash = strchr(rest, '/');
        if (slash == NULL) break;
        char component[256];
        size_t length = (size_t)(slash - rest);
        int next = -1;
        if (length == 0 || length >= sizeof component) {
            errno = ENAMETOOLONG;
        } else {
            memcpy(component, rest, length);
            component[length] = 0;
            next = openat(current, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
        int code = errno;
        if (current != directory) close(current);
        if (next < 0) {
            errno = code;
            return -1;
        }
        current = next;
        rest = slash + 1;
    }
    int result = openat(current, rest, flags | O_NOFOLLOW, mode);
    int code = errno;
    if (current != directory) close(current);
    errno = code;
    return result;
}

int storage_open(int directory, const char *path, int flags, mode_t mode) {
    struct open_how how;
    if (leaves(path)) {
        errno = EXDEV;
        return -1;
    }
    memset(&how, 0, sizeof how);
    how.flags = (unsigned long long)(unsigned int)flags;
    how.mode = (flags & O_CREAT) ? mode : 0;
    /* Without links and ".." no path leads out: RESOLVE_BENEATH, which makes every look-up dearer, is not needed. */
    how.resolve = RESOLVE_NO_SYMLINKS;
    for (;;) {
        int result = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (result >= 0) return result;
        if (errno == EAGAIN) continue;
        if (errno == ENOSYS || errno == EPERM) return open_by_components(directory, path, flags, mode);
        return -1;
    }
}

int storage_rename_new(int oldDirectory, const char *oldPath, int newDirectory, const char *newPath) {
    return renameat2(oldDirectory, oldPath, newDirectory, newPath, RENAME_NOREPLACE);
}

int storage_mount(int directory, const char *path, uint64_t *number) {
#ifdef STATX_MNT_ID
    struct statx status;
    if (statx(directory, path, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &status) != 0) return errno == ENOSYS || errno == EPERM ? 0 : -1;
    if ((status.stx_mask & STATX_MNT_ID) == 0) return 0;
    *number = status.stx_mnt_id;
    return 1;
#else
    (void)directory, (void)path, (void)number;
    return 0;
#endif
}
