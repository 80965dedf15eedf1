#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A disk in memory for SQLite that counts calls, fails on demand, and forgets at a power cut what was not synced.
//
// What a program reads and what is durable are kept apart, per file (an inode) and for the folder (which name is which inode):
// - A write, a truncation and a growth are durable once a later sync of that file has succeeded. A sync that fails leaves
//   the pages clean and not durable, as Linux does: they read well, and no later sync writes them.
// - A name made, removed or moved is durable once the folder is synced: by `faulty_disk_sync_folder`, or by the first sync of a
//   journal or WAL that was created, as SQLite's own VFS does.
// - A power cut keeps, of what is not durable, for each sector of 512 bytes any of the states that it went through, for each file any of its
//   sizes, and of the changes to the folder a prefix.
//
// Every function may be called from any thread.

typedef struct faulty_disk faulty_disk;

/// How a call fails.
enum faulty_disk_failure {
  FAULTY_DISK_EIO = 0,
  /// A write that does not fit: a part of it may have been done.
  FAULTY_DISK_FULL = 1,
  /// The machine is off: nothing has any effect.
  FAULTY_DISK_DEAD = 2,
};

/// Which calls are counted until one fails.
enum faulty_disk_calls {
  FAULTY_DISK_ALL_CALLS = 0,
  /// Those that change something or make it durable.
  FAULTY_DISK_CHANGES = 1,
  FAULTY_DISK_SYNCS = 2,
};

/// What a power cut leaves of sectors that are not durable.
enum faulty_disk_cut { FAULTY_DISK_CUT_RANDOM = 0, FAULTY_DISK_CUT_NOTHING = 1, FAULTY_DISK_CUT_ALL = 2, FAULTY_DISK_CUT_ORDERED = 3 };

/// Makes a disk and registers it as SQLite's VFS `name`.
faulty_disk *faulty_disk_create(const char *name);
/// No connection may be open any more.
void faulty_disk_destroy(faulty_disk *disk);

/// Has the `number`th call from now on fail (0: none), and all after it if `is_lasting`. Calls that
/// are not counted fail only after that one.
void faulty_disk_fail(
    faulty_disk *disk, uint64_t number, enum faulty_disk_calls counts, bool is_lasting, enum faulty_disk_failure failure);
/// Whether a call has failed since `faulty_disk_fail`.
bool faulty_disk_has_failed(faulty_disk *disk);
/// Calls since they were last forgotten.
uint64_t faulty_disk_call_count(faulty_disk *disk);
/// Copies the `number`th call, from 0, as text ("write journal.db-wal"), and returns its length.
size_t faulty_disk_call(faulty_disk *disk, uint64_t number, char *text, size_t capacity);
void faulty_disk_forget_calls(faulty_disk *disk);

/// Cuts the power and turns it on again. No connection may be open. Returns how many sectors and sizes did not come through as written.
uint64_t faulty_disk_cut_power(faulty_disk *disk, uint64_t seed, enum faulty_disk_cut how);
/// Bytes written and not durable.
uint64_t faulty_disk_unsynced(faulty_disk *disk);

// The folder, for what the journal does beside SQLite. Each returns false if the call was to fail, or if there is no such file.

bool faulty_disk_sync_folder(faulty_disk *disk);
bool faulty_disk_rename(faulty_disk *disk, const char *from, const char *to);
bool faulty_disk_remove(faulty_disk *disk, const char *path);
/// -1: no such file.
int64_t faulty_disk_size(faulty_disk *disk, const char *path);
/// Reads at most `count` bytes of a file and returns how many; -1: no such file.
int64_t faulty_disk_read(faulty_disk *disk, const char *path, uint64_t offset, uint8_t *bytes, size_t count);
/// Writes a file anew with the bytes that it has, cuts it to `size` if it is longer, and syncs it.
bool faulty_disk_rewrite(faulty_disk *disk, const char *path, uint64_t size);
/// Makes a file with a content, durably, or replaces one's.
void faulty_disk_put(faulty_disk *disk, const char *path, const uint8_t *bytes, size_t count);
/// Another disk's files in place of this one's, as they read there. Neither may have an open connection.
void faulty_disk_copy(faulty_disk *disk, faulty_disk *from);
