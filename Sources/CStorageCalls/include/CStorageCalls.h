/* The system calls of the storage walker that Swift cannot call by itself: `syscall` takes a variable number of arguments. Linux. */
#ifndef C_STORAGE_CALLS_H
#define C_STORAGE_CALLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* getdents64(2). */
ssize_t storage_list(int directory, void *buffer, size_t capacity);

/* openat2(2) with RESOLVE_NO_SYMLINKS: no component of the path, the last included, is followed if it is a symbolic link (ELOOP). An
   absolute path and one with a component `..` are refused (EXDEV). Where the kernel does not know the call, the path is opened component
   by component with O_NOFOLLOW. */
int storage_open(int directory, const char *path, int flags, mode_t mode);

/* renameat2(2) with RENAME_NOREPLACE: EEXIST where something is in the new place. */
int storage_rename_new(int oldDirectory, const char *oldPath, int newDirectory, const char *newPath);

/* statx(2): the number of the mount that an entry lies on. 1 where it is known, 0 where the kernel does not say (before 5.8), -1 on an error.
   A symbolic link in the last place is not followed. */
int storage_mount(int directory, const char *path, uint64_t *number);

#endif
