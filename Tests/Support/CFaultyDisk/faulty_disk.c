#include "faulty_disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512, NAMES_MAX = 32, PATH_BYTES = 512, SHM_REGIONS_MAX = 64, SHM_LOCKS = 8 };

/// One change of a file that is not durable: whole sectors as they read after it, and the size after it.
typedef struct change {
  uint64_t first_sector;
  uint64_t sectors;
  uint8_t *content;
  uint64_t size;
} change;

typedef struct image {
  uint8_t *bytes;
  uint64_t size;
  /// A multiple of SECTOR; bytes past `size` are 0.
  uint64_t capacity;
} image;

typedef struct inode {
  image now;
  image durable;
  change *changes;
  size_t change_count, change_capacity;
  int references;
  /// The first sync makes the name durable too.
  bool syncs_folder;

  // Locks of the file itself, by SQLite's protocol.
  int shared;
  struct open_file *reserved, *pending, *exclusive;
  // Shared memory: gone with the power.
  uint8_t *regions[SHM_REGIONS_MAX];
  int region_count;
  int shm_shared[SHM_LOCKS];
  struct open_file *shm_exclusive[SHM_LOCKS];
  struct inode *next;
} inode;

typedef struct name {
  char path[PATH_BYTES];
  inode *file;
} name;

typedef struct folder {
  name names[NAMES_MAX];
  int count;
} folder;

typedef struct folder_change {
  enum { LINK, UNLINK, RENAME } kind;
  char path[PATH_BYTES];
  char other[PATH_BYTES];
  inode *file;
} folder_change;

typedef struct call {
  const char *what;
  char where[48];
} call;

struct faulty_disk {
  sqlite3_vfs vfs;
  char vfs_name[64];
  pthread_mutex_t mutex;
  inode *inodes;
  folder now, durable;
  folder_change *changes;
  size_t change_count, change_capacity;
  call *calls;
  size_t call_count, call_capacity;
  /// Calls that count towards `fail_at`.
  uint64_t counted, fail_at;
  enum faulty_disk_calls counts;
  bool is_lasting, has_failed;
  enum faulty_disk_failure failure;
  uint64_t random;
};

typedef struct open_file {
  sqlite3_file base;
  faulty_disk *disk;
  inode *file;
  char where[48];
  int lock;
  unsigned shm_shared_mask;
  bool deletes_on_close;
} open_file;

// MARK: Plain things

static void *grown(void *array, size_t *capacity, size_t count, size_t size) {
  if (count < *capacity) return array;
  *capacity = *capacity ? *capacity * 2 : 16;
  array = realloc(array, *capacity * size);
  if (!array) abort();
  return array;
}

static uint64_t next_random(faulty_disk *disk) {
  uint64_t z = (disk->random += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static uint64_t below(faulty_disk *disk, uint64_t bound) { return bound ? next_random(disk) % bound : 0; }

static uint64_t sectors_of(uint64_t bytes) { return (bytes + SECTOR - 1) / SECTOR; }

static void reserve(image *image, uint64_t bytes) {
  uint64_t wanted = sectors_of(bytes) * SECTOR;
  if (wanted <= image->capacity) return;
  uint64_t capacity = image->capacity * 2 > wanted ? image->capacity * 2 : wanted;
  image->bytes = realloc(image->bytes, capacity);
  if (!image->bytes) abort();
  memset(image->bytes + image->capacity, 0, capacity - image->capacity);
  image->capacity = capacity;
}

static void set_size(image *image, uint64_t size) {
  reserve(image, size);
  if (size < image->size) memset(image->bytes + size, 0, image->size - size);
  image->size = size;
}

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

// MARK: Folders

static name *find(folder *folder, const char *path) {
  for (int i = 0; i < folder->count; i++) {
    if (strcmp(folder->names[i].path, path) == 0) return &folder->names[i];
  }
  return NULL;
}

static void unlink_name(folder *folder, const char *path) {
  name *found = find(folder, path);
  if (!found) return;
  *found = folder->names[--folder->count];
}

static void link_name(folder *folder, const char *path, inode *file) {
  unlink_name(folder, path);
  if (folder->count == NAMES_MAX || strlen(path) >= PATH_BYTES) abort();
  name *added = &folder->names[folder->count++];
  strcpy(added->path, path);
  added->file = file;
}

static void apply(folder *folder, const folder_change *change) {
  switch (change->kind) {
  case LINK: link_name(folder, change->path, change->file); break;
  case UNLINK: unlink_name(folder, change->path); break;
  case RENAME:
    unlink_name(folder, change->path);
    link_name(folder, change->other, change->file);
    break;
  }
}

static void change_folder(faulty_disk *disk, int kind, const char *path, const char *other, inode *file) {
  disk->changes = grown(disk->changes, &disk->change_capacity, disk->change_count, sizeof(folder_change));
  folder_change *change = &disk->changes[disk->change_count++];
  change->kind = kind;
  snprintf(change->path, PATH_BYTES, "%s", path);
  snprintf(change->other, PATH_BYTES, "%s", other ? other : "");
  change->file = file;
  apply(&disk->now, change);
}

static void sync_folder(faulty_disk *disk) {
  for (size_t i = 0; i < disk->change_count; i++) apply(&disk->durable, &disk->changes[i]);
  disk->change_count = 0;
}

static inode *make_inode(faulty_disk *disk) {
  inode *file = calloc(1, sizeof(inode));
  if (!file) abort();
  file->next = disk->inodes;
  disk->inodes = file;
  return file;
}

static void forget_changes(inode *file) {
  for (size_t i = 0; i < file->change_count; i++) free(file->changes[i].content);
  file->change_count = 0;
}

static void free_shm(inode *file) {
  for (int i = 0; i < file->region_count; i++) free(file->regions[i]);
  file->region_count = 0;
}

static void free_inode(inode *file) {
  forget_changes(file);
  free_shm(file);
  free(file->changes);
  free(file->now.bytes);
  free(file->durable.bytes);
  free(file);
}

/// Frees files that no name leads to.
static void sweep(faulty_disk *disk) {
  for (inode **place = &disk->inodes; *place;) {
    inode *file = *place;
    bool is_named = file->references > 0;
    for (int i = 0; i < disk->now.count; i++) is_named |= disk->now.names[i].file == file;
    for (int i = 0; i < disk->durable.count; i++) is_named |= disk->durable.names[i].file == file;
    for (size_t i = 0; i < disk->change_count; i++) is_named |= disk->changes[i].file == file;
    if (is_named) {
      place = &file->next;
    } else {
      *place = file->next;
      free_inode(file);
    }
  }
}

// MARK: Calls

static bool counts(const faulty_disk *disk, const char *what) {
  if (disk->counts == FAULTY_DISK_ALL_CALLS) return true;
  if (disk->counts == FAULTY_DISK_SYNCS) return strcmp(what, "sync") == 0;
  static const char *const changes[] = {"write", "truncate", "sync", "delete", "rename"};
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    if (strcmp(what, changes[i]) == 0) return true;
  }
  return false;
}

/// Counts a call; true if it is to fail.
static bool fails(faulty_disk *disk, const char *what, const char *where) {
  disk->calls = grown(disk->calls, &disk->call_capacity, disk->call_count, sizeof(call));
  call *made = &disk->calls[disk->call_count++];
  made->what = what;
  snprintf(made->where, sizeof made->where, "%s", where);
  if (disk->fail_at == 0) return false;
  if (counts(disk, what)) disk->counted++;
  else if (!disk->has_failed) return false;
  bool is_failing = disk->is_lasting ? disk->counted >= disk->fail_at : disk->counted == disk->fail_at && !disk->has_failed;
  if (is_failing) disk->has_failed = true;
  return is_failing;
}

static bool is_dead(faulty_disk *disk) { return disk->failure == FAULTY_DISK_DEAD; }

// MARK: Files

static void note_change(inode *file, uint64_t first, uint64_t count) {
  file->changes = grown(file->changes, &file->change_capacity, file->change_count, sizeof(change));
  change *made = &file->changes[file->change_count++];
  *made = (change){.first_sector = first, .sectors = count, .size = file->now.size};
  if (count == 0) return;
  made->content = malloc(count * SECTOR);
  if (!made->content) abort();
  reserve(&file->now, (first + count) * SECTOR);
  memcpy(made->content, file->now.bytes + first * SECTOR, count * SECTOR);
}

static void write_bytes(inode *file, const uint8_t *bytes, uint64_t count, uint64_t offset) {
  if (count == 0) return;
  if (offset + count > file->now.size) set_size(&file->now, offset + count);
  memcpy(file->now.bytes + offset, bytes, count);
  uint64_t first = offset / SECTOR;
  note_change(file, first, sectors_of(offset + count) - first);
}

static void truncate_file(inode *file, uint64_t size) {
  uint64_t old = file->now.size;
  set_size(&file->now, size);
  uint64_t first = size / SECTOR;
  note_change(file, first, old > size ? sectors_of(old) - first : 0);
}

/// What is dirty becomes durable.
static void sync_file(inode *file) {
  for (size_t i = 0; i < file->change_count; i++) {
    uint64_t first = file->changes[i].first_sector * SECTOR, bytes = file->changes[i].sectors * SECTOR;
    reserve(&file->durable, first + bytes);
    reserve(&file->now, first + bytes);
    if (bytes) memcpy(file->durable.bytes + first, file->now.bytes + first, bytes);
  }
  set_size(&file->durable, file->now.size);
  forget_changes(file);
}

static open_file *of(sqlite3_file *file) { return (open_file *)file; }

static void enter(faulty_disk *disk) { pthread_mutex_lock(&disk->mutex); }
static int leave(faulty_disk *disk, int result) {
  pthread_mutex_unlock(&disk->mutex);
  return result;
}

static int unlock_to(open_file *file, int level);

static int x_close(sqlite3_file *base) {
  open_file *file = of(base);
  enter(file->disk);
  unlock_to(file, SQLITE_LOCK_NONE);
  file->file->references--;
  return leave(file->disk, SQLITE_OK);
}

static int x_read(sqlite3_file *base, void *buffer, int count, sqlite3_int64 offset) {
  open_file *file = of(base);
  enter(file->disk);
  if (fails(file->disk, "read", file->where)) return leave(file->disk, SQLITE_IOERR_READ);
  uint64_t size = file->file->now.size;
  uint64_t there = (uint64_t)offset >= size ? 0 : size - (uint64_t)offset;
  if (there > (uint64_t)count) there = (uint64_t)count;
  if (there) memcpy(buffer, file->file->now.bytes + offset, there);
  memset((uint8_t *)buffer + there, 0, (size_t)count - there);
  return leave(file->disk, there == (uint64_t)count ? SQLITE_OK : SQLITE_IOERR_SHORT_READ);
}

static int x_write(sqlite3_file *base, const void *buffer, int count, sqlite3_int64 offset) {
  open_file *file = of(base);
  enter(file->disk);
  if (!fails(file->disk, "write", file->where)) {
    write_bytes(file->file, buffer, (uint64_t)count, (uint64_t)offset);
    return leave(file->disk, SQLITE_OK);
  }
  if (!is_dead(file->disk)) {
    // Whole sectors or nothing.
    uint64_t end = ((uint64_t)offset + below(file->disk, (uint64_t)count)) / SECTOR * SECTOR;
    if (end > (uint64_t)offset) write_bytes(file->file, buffer, end - (uint64_t)offset, (uint64_t)offset);
  }
  return leave(file->disk, file->disk->failure == FAULTY_DISK_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE);
}

static int x_truncate(sqlite3_file *base, sqlite3_int64 size) {
  open_file *file = of(base);
  enter(file->disk);
  if (fails(file->disk, "truncate", file->where)) return leave(file->disk, SQLITE_IOERR_TRUNCATE);
  truncate_file(file->file, (uint64_t)size);
  return leave(file->disk, SQLITE_OK);
}

static int x_sync(sqlite3_file *base, int flags) {
  (void)flags;
  open_file *file = of(base);
  enter(file->disk);
  if (fails(file->disk, "sync", file->where)) {
    // The kernel says so once and marks the pages clean: they read well and are not on the disk.
    if (!is_dead(file->disk)) forget_changes(file->file);
    return leave(file->disk, SQLITE_IOERR_FSYNC);
  }
  sync_file(file->file);
  if (file->file->syncs_folder) {
    file->file->syncs_folder = false;
    sync_folder(file->disk);
  }
  return leave(file->disk, SQLITE_OK);
}

static int x_file_size(sqlite3_file *base, sqlite3_int64 *size) {
  open_file *file = of(base);
  enter(file->disk);
  if (fails(file->disk, "size", file->where)) return leave(file->disk, SQLITE_IOERR_FSTAT);
  *size = (sqlite3_int64)file->file->now.size;
  return leave(file->disk, SQLITE_OK);
}

// MARK: Locks

static int x_lock(sqlite3_file *base, int level) {
  open_file *file = of(base);
  inode *node = file->file;
  enter(file->disk);
  if (level <= file->lock) return leave(file->disk, SQLITE_OK);
  if (file->lock == SQLITE_LOCK_NONE) {
    if (node->pending || node->exclusive) return leave(file->disk, SQLITE_BUSY);
    node->shared++;
    file->lock = SQLITE_LOCK_SHARED;
  }
  if (level >= SQLITE_LOCK_RESERVED && file->lock < SQLITE_LOCK_RESERVED) {
    if (node->reserved) return leave(file->disk, SQLITE_BUSY);
    node->reserved = file;
    file->lock = SQLITE_LOCK_RESERVED;
  }
  if (level == SQLITE_LOCK_EXCLUSIVE) {
    node->pending = file;
    file->lock = SQLITE_LOCK_PENDING;
    if (node->shared > 1) return leave(file->disk, SQLITE_BUSY);
    node->exclusive = file;
    file->lock = SQLITE_LOCK_EXCLUSIVE;
  }
  return leave(file->disk, SQLITE_OK);
}

static int unlock_to(open_file *file, int level) {
  inode *node = file->file;
  if (level >= file->lock) return SQLITE_OK;
  if (node->exclusive == file) node->exclusive = NULL;
  if (node->pending == file) node->pending = NULL;
  if (node->reserved == file) node->reserved = NULL;
  if (level == SQLITE_LOCK_NONE) node->shared--;
  file->lock = level;
  return SQLITE_OK;
}

static int x_unlock(sqlite3_file *base, int level) {
  open_file *file = of(base);
  enter(file->disk);
  return leave(file->disk, unlock_to(file, level));
}

static int x_check_reserved(sqlite3_file *base, int *is_reserved) {
  open_file *file = of(base);
  enter(file->disk);
  *is_reserved = file->file->reserved != NULL;
  return leave(file->disk, SQLITE_OK);
}

static int x_file_control(sqlite3_file *base, int operation, void *argument) {
  open_file *file = of(base);
  if (operation == SQLITE_FCNTL_LOCKSTATE) {
    *(int *)argument = file->lock;
    return SQLITE_OK;
  }
  return SQLITE_NOTFOUND;
}

static int x_sector_size(sqlite3_file *base) {
  (void)base;
  return 4096;
}

static int x_characteristics(sqlite3_file *base) {
  (void)base;
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

// MARK: Shared memory

static int x_shm_map(sqlite3_file *base, int region, int bytes, int extends, void volatile **address) {
  open_file *file = of(base);
  inode *node = file->file;
  enter(file->disk);
  *address = NULL;
  if (fails(file->disk, "map", file->where)) return leave(file->disk, SQLITE_IOERR_SHMMAP);
  if (region >= SHM_REGIONS_MAX) abort();
  while (extends && node->region_count <= region) {
    uint8_t *added = calloc(1, (size_t)bytes);
    if (!added) abort();
    node->regions[node->region_count++] = added;
  }
  if (region < node->region_count) *address = node->regions[region];
  return leave(file->disk, SQLITE_OK);
}

static int x_shm_lock(sqlite3_file *base, int offset, int count, int flags) {
  open_file *file = of(base);
  inode *node = file->file;
  enter(file->disk);
  for (int pass = 0; pass < 2; pass++) {
    for (int i = offset; i < offset + count; i++) {
      bool is_mine = file->shm_shared_mask & (1u << i);
      if (flags & SQLITE_SHM_UNLOCK) {
        if (pass == 0) continue;
        if (node->shm_exclusive[i] == file) node->shm_exclusive[i] = NULL;
        if (is_mine) node->shm_shared[i]--;
        file->shm_shared_mask &= ~(1u << i);
      } else if (flags & SQLITE_SHM_SHARED) {
        if (node->shm_exclusive[i] && node->shm_exclusive[i] != file) return leave(file->disk, SQLITE_BUSY);
        if (pass == 1 && !is_mine) {
          node->shm_shared[i]++;
          file->shm_shared_mask |= 1u << i;
        }
      } else {
        if (node->shm_exclusive[i] && node->shm_exclusive[i] != file) return leave(file->disk, SQLITE_BUSY);
        if (node->shm_shared[i] - (is_mine ? 1 : 0) > 0) return leave(file->disk, SQLITE_BUSY);
        if (pass == 1) node->shm_exclusive[i] = file;
      }
    }
  }
  return leave(file->disk, SQLITE_OK);
}

static void x_shm_barrier(sqlite3_file *base) {
  open_file *file = of(base);
  enter(file->disk);
  leave(file->disk, SQLITE_OK);
}

static int x_shm_unmap(sqlite3_file *base, int deletes) {
  open_file *file = of(base);
  enter(file->disk);
  for (int i = 0; i < SHM_LOCKS; i++) {
    if (file->shm_shared_mask & (1u << i)) file->file->shm_shared[i]--;
    if (file->file->shm_exclusive[i] == file) file->file->shm_exclusive[i] = NULL;
  }
  file->shm_shared_mask = 0;
  // References are to the file; the memory goes when nobody has it open, as a fresh process finds it.
  if (deletes || file->file->references == 1) free_shm(file->file);
  return leave(file->disk, SQLITE_OK);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = x_close,
    .xRead = x_read,
    .xWrite = x_write,
    .xTruncate = x_truncate,
    .xSync = x_sync,
    .xFileSize = x_file_size,
    .xLock = x_lock,
    .xUnlock = x_unlock,
    .xCheckReservedLock = x_check_reserved,
    .xFileControl = x_file_control,
    .xSectorSize = x_sector_size,
    .xDeviceCharacteristics = x_characteristics,
    .xShmMap = x_shm_map,
    .xShmLock = x_shm_lock,
    .xShmBarrier = x_shm_barrier,
    .xShmUnmap = x_shm_unmap,
};

// MARK: The VFS

static int x_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *base, int flags, int *out_flags) {
  faulty_disk *disk = vfs->pAppData;
  open_file *file = of(base);
  memset(file, 0, sizeof *file);
  // Temporary files are kept in memory by `temp_store`; one without a name would have no place here.
  if (!path) return SQLITE_CANTOPEN;
  enter(disk);
  if (fails(disk, "open", last_part(path))) return leave(disk, SQLITE_CANTOPEN);
  name *found = find(&disk->now, path);
  if (!found) {
    if (!(flags & SQLITE_OPEN_CREATE)) return leave(disk, SQLITE_CANTOPEN);
    inode *made = make_inode(disk);
    made->syncs_folder = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL);
    change_folder(disk, LINK, path, NULL, made);
    found = find(&disk->now, path);
  }
  file->disk = disk;
  file->file = found->file;
  file->file->references++;
  snprintf(file->where, sizeof file->where, "%s", last_part(path));
  if (out_flags) *out_flags = flags;
  file->base.pMethods = &methods;
  return leave(disk, SQLITE_OK);
}

static int x_delete(sqlite3_vfs *vfs, const char *path, int syncs) {
  faulty_disk *disk = vfs->pAppData;
  enter(disk);
  if (fails(disk, "delete", last_part(path))) return leave(disk, SQLITE_IOERR_DELETE);
  name *found = find(&disk->now, path);
  if (!found) return leave(disk, SQLITE_IOERR_DELETE_NOENT);
  change_folder(disk, UNLINK, path, NULL, found->file);
  if (syncs) sync_folder(disk);
  return leave(disk, SQLITE_OK);
}

static int x_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
  faulty_disk *disk = vfs->pAppData;
  enter(disk);
  name *found = find(&disk->now, path);
  // As SQLite's own VFS does: an empty file counts as none where only existence is asked.
  *result = found && (flags != SQLITE_ACCESS_EXISTS || found->file->now.size > 0);
  return leave(disk, SQLITE_OK);
}

static int x_full_path(sqlite3_vfs *vfs, const char *path, int capacity, char *full) {
  (void)vfs;
  snprintf(full, (size_t)capacity, "%s", path);
  return SQLITE_OK;
}

static int x_randomness(sqlite3_vfs *vfs, int count, char *bytes) {
  faulty_disk *disk = vfs->pAppData;
  enter(disk);
  for (int i = 0; i < count; i++) bytes[i] = (char)next_random(disk);
  return leave(disk, count);
}

faulty_disk *faulty_disk_create(const char *vfs_name) {
  faulty_disk *disk = calloc(1, sizeof(faulty_disk));
  if (!disk) abort();
  pthread_mutex_init(&disk->mutex, NULL);
  snprintf(disk->vfs_name, sizeof disk->vfs_name, "%s", vfs_name);
  sqlite3_vfs *system = sqlite3_vfs_find(NULL);
  disk->vfs = *system;
  disk->vfs.pNext = NULL;
  disk->vfs.zName = disk->vfs_name;
  disk->vfs.pAppData = disk;
  disk->vfs.szOsFile = sizeof(open_file);
  disk->vfs.mxPathname = PATH_BYTES - 1;
  disk->vfs.xOpen = x_open;
  disk->vfs.xDelete = x_delete;
  disk->vfs.xAccess = x_access;
  disk->vfs.xFullPathname = x_full_path;
  disk->vfs.xRandomness = x_randomness;
  if (sqlite3_vfs_register(&disk->vfs, 0) != SQLITE_OK) abort();
  return disk;
}

void faulty_disk_destroy(faulty_disk *disk) {
  sqlite3_vfs_unregister(&disk->vfs);
  while (disk->inodes) {
    inode *file = disk->inodes;
    disk->inodes = file->next;
    free_inode(file);
  }
  free(disk->changes);
  free(disk->calls);
  pthread_mutex_destroy(&disk->mutex);
  free(disk);
}

// MARK: The test's side

void faulty_disk_fail(
    faulty_disk *disk, uint64_t number, enum faulty_disk_calls counts, bool is_lasting, enum faulty_disk_failure failure) {
  enter(disk);
  disk->fail_at = number;
  disk->counted = 0;
  disk->counts = counts;
  disk->is_lasting = is_lasting;
  disk->failure = failure;
  disk->has_failed = false;
  leave(disk, 0);
}

bool faulty_disk_has_failed(faulty_disk *disk) {
  enter(disk);
  return leave(disk, disk->has_failed);
}

uint64_t faulty_disk_call_count(faulty_disk *disk) {
  enter(disk);
  uint64_t count = disk->call_count;
  leave(disk, 0);
  return count;
}

size_t faulty_disk_call(faulty_disk *disk, uint64_t number, char *text, size_t capacity) {
  enter(disk);
  int length = number < disk->call_count
                   ? snprintf(text, capacity, "%s %s", disk->calls[number].what, disk->calls[number].where)
                   : 0;
  leave(disk, 0);
  return length < 0 ? 0 : (size_t)length;
}

void faulty_disk_forget_calls(faulty_disk *disk) {
  enter(disk);
  disk->call_count = 0;
  leave(disk, 0);
}

/// How many of `count` changes a sector has seen when the power goes.
static uint64_t changes_seen(faulty_disk *disk, uint64_t count, enum faulty_disk_cut how, uint64_t ordered) {
  switch (how) {
  case FAULTY_DISK_CUT_NOTHING: return 0;
  case FAULTY_DISK_CUT_ALL: return count;
  case FAULTY_DISK_CUT_ORDERED: return ordered;
  case FAULTY_DISK_CUT_RANDOM: break;
  }
  switch (below(disk, 4)) {
  case 0: return 0;
  case 1: return below(disk, count + 1);
  default: return count;
  }
}

static uint64_t cut_file(faulty_disk *disk, inode *file, enum faulty_disk_cut how) {
  uint64_t lost = 0, count = file->change_count, ordered = below(disk, count + 1), sectors = 0;
  for (size_t i = 0; i < count; i++) {
    uint64_t end = file->changes[i].first_sector + file->changes[i].sectors;
    if (end > sectors) sectors = end;
  }
  reserve(&file->durable, sectors * SECTOR);
  uint64_t *seen = calloc(sectors + 1, sizeof(uint64_t));
  bool *is_drawn = calloc(sectors + 1, sizeof(bool));
  if (!seen || !is_drawn) abort();
  for (size_t i = 0; i < count; i++) {
    change *change = &file->changes[i];
    for (uint64_t j = 0; j < change->sectors; j++) {
      uint64_t sector = change->first_sector + j;
      if (!is_drawn[sector]) {
        is_drawn[sector] = true;
        seen[sector] = changes_seen(disk, count, how, ordered);
      }
      if (i < seen[sector]) {
        memcpy(file->durable.bytes + sector * SECTOR, change->content + j * SECTOR, SECTOR);
      } else {
        lost++;
      }
    }
  }
  uint64_t sizes = changes_seen(disk, count, how, ordered);
  uint64_t size = sizes == 0 ? file->durable.size : file->changes[sizes - 1].size;
  if (sizes < count) lost++;
  free(seen);
  free(is_drawn);
  // Sectors that came through beyond the size that did are out of the file, and read as zeros should it grow again.
  file->durable.size = size;
  reserve(&file->durable, size);
  memset(file->durable.bytes + size, 0, file->durable.capacity - size);
  return lost;
}

static void copy_image(image *to, const image *from) {
  reserve(to, from->size);
  if (from->size) memcpy(to->bytes, from->bytes, from->size);
  if (to->capacity > from->size) memset(to->bytes + from->size, 0, to->capacity - from->size);
  to->size = from->size;
}

uint64_t faulty_disk_cut_power(faulty_disk *disk, uint64_t seed, enum faulty_disk_cut how) {
  enter(disk);
  disk->random = seed;
  uint64_t lost = 0;
  for (inode *file = disk->inodes; file; file = file->next) {
    if (file->references) abort();
    lost += cut_file(disk, file, how);
    copy_image(&file->now, &file->durable);
    forget_changes(file);
    free_shm(file);
    file->syncs_folder = false;
  }
  uint64_t kept = changes_seen(disk, disk->change_count, how, below(disk, disk->change_count + 1));
  for (uint64_t i = 0; i < kept; i++) apply(&disk->durable, &disk->changes[i]);
  lost += disk->change_count - kept;
  disk->change_count = 0;
  disk->now = disk->durable;
  sweep(disk);
  disk->fail_at = 0;
  leave(disk, 0);
  return lost;
}

uint64_t faulty_disk_unsynced(faulty_disk *disk) {
  enter(disk);
  uint64_t bytes = 0;
  for (inode *file = disk->inodes; file; file = file->next) {
    for (size_t i = 0; i < file->change_count; i++) bytes += file->changes[i].sectors * SECTOR;
  }
  leave(disk, 0);
  return bytes;
}

bool faulty_disk_sync_folder(faulty_disk *disk) {
  enter(disk);
  if (fails(disk, "sync", "folder")) return leave(disk, false);
  sync_folder(disk);
  return leave(disk, true);
}

bool faulty_disk_rename(faulty_disk *disk, const char *from, const char *to) {
  enter(disk);
  if (fails(disk, "rename", last_part(from))) return leave(disk, false);
  name *found = find(&disk->now, from);
  if (!found) return leave(disk, false);
  change_folder(disk, RENAME, from, to, found->file);
  return leave(disk, true);
}

bool faulty_disk_remove(faulty_disk *disk, const char *path) {
  enter(disk);
  name *found = find(&disk->now, path);
  if (!found) return leave(disk, false);
  if (fails(disk, "delete", last_part(path))) return leave(disk, false);
  change_folder(disk, UNLINK, path, NULL, found->file);
  return leave(disk, true);
}

int64_t faulty_disk_size(faulty_disk *disk, const char *path) {
  enter(disk);
  name *found = find(&disk->now, path);
  int64_t size = found ? (int64_t)found->file->now.size : -1;
  leave(disk, 0);
  return size;
}

int64_t faulty_disk_read(faulty_disk *disk, const char *path, uint64_t offset, uint8_t *bytes, size_t count) {
  enter(disk);
  name *found = find(&disk->now, path);
  int64_t copied = -1;
  if (found) {
    uint64_t size = found->file->now.size;
    uint64_t there = offset >= size ? 0 : size - offset;
    copied = (int64_t)(there < count ? there : count);
    if (copied) memcpy(bytes, found->file->now.bytes + offset, (size_t)copied);
  }
  leave(disk, 0);
  return copied;
}

bool faulty_disk_rewrite(faulty_disk *disk, const char *path, uint64_t size) {
  enter(disk);
  name *found = find(&disk->now, path);
  if (!found) return leave(disk, false);
  inode *file = found->file;
  if (fails(disk, "write", last_part(path))) return leave(disk, false);
  note_change(file, 0, sectors_of(file->now.size));
  if (fails(disk, "truncate", last_part(path))) return leave(disk, false);
  if (size < file->now.size) truncate_file(file, size);
  if (fails(disk, "sync", last_part(path))) {
    if (!is_dead(disk)) forget_changes(file);
    return leave(disk, false);
  }
  sync_file(file);
  return leave(disk, true);
}

void faulty_disk_put(faulty_disk *disk, const char *path, const uint8_t *bytes, size_t count) {
  enter(disk);
  name *found = find(&disk->now, path);
  inode *file = found ? found->file : make_inode(disk);
  if (!found) change_folder(disk, LINK, path, NULL, file);
  sync_folder(disk);
  forget_changes(file);
  image whole = {.bytes = (uint8_t *)bytes, .size = count, .capacity = count};
  copy_image(&file->now, &whole);
  copy_image(&file->durable, &whole);
  free_shm(file);
  leave(disk, 0);
}

void faulty_disk_copy(faulty_disk *disk, faulty_disk *from) {
  enter(disk);
  enter(from);
  disk->change_count = 0;
  disk->now.count = disk->durable.count = 0;
  sweep(disk);
  for (int i = 0; i < from->now.count; i++) {
    inode *file = make_inode(disk);
    copy_image(&file->now, &from->now.names[i].file->now);
    copy_image(&file->durable, &file->now);
    link_name(&disk->now, from->now.names[i].path, file);
  }
  disk->durable = disk->now;
  leave(from, 0);
  leave(disk, 0);
}
