#include "tests/simulation/disk/faulty_vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/status.h"

namespace cox::simulation {

namespace {

constexpr std::int64_t kSectorBytes = 512;

/// The one disk: SQLite's VFS has no room for more.
FaultyDisk* the_disk = nullptr;
sqlite3_vfs* the_system = nullptr;

struct File {
  sqlite3_file base;
  std::string* path;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* real_of(sqlite3_file* file) { return of(file)->real(); }
const sqlite3_io_methods* methods_of(sqlite3_file* file) { return real_of(file)->pMethods; }

int close_file(sqlite3_file* file) {
  const int result = methods_of(file)->xClose(real_of(file));
  delete of(file)->path;
  file->pMethods = nullptr;
  return result;
}

std::string read_range(sqlite3_file* file, std::int64_t offset, std::int64_t bytes) {
  std::string text(static_cast<std::size_t>(bytes), '\0');
  methods_of(file)->xRead(real_of(file), text.data(), static_cast<int>(bytes), offset);
  return text;
}

std::int64_t size_of(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  methods_of(file)->xFileSize(real_of(file), &size);
  return size;
}

int write_file(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  const int status = the_disk->next_operation(SQLITE_IOERR_WRITE, true);
  if (status != SQLITE_OK) return status;
  const std::int64_t size = size_of(file);
  const std::int64_t known = std::clamp<std::int64_t>(size - offset, 0, count);
  the_disk->note_write(
      *of(file)->path, offset, known > 0 ? read_range(file, offset, known) : "", size,
      std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(count)));
  return methods_of(file)->xWrite(real_of(file), bytes, count, offset);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const int status = the_disk->next_operation(SQLITE_IOERR_TRUNCATE, false);
  if (status != SQLITE_OK) return status;
  const std::int64_t before = size_of(file);
  if (size < before) {
    the_disk->note_write(*of(file)->path, size, read_range(file, size, before - size), before, "");
  }
  return methods_of(file)->xTruncate(real_of(file), size);
}

int sync_file(sqlite3_file* file, int) {
  const int status = the_disk->next_operation(SQLITE_IOERR_FSYNC, false);
  if (status != SQLITE_OK) return status;
  the_disk->note_sync(*of(file)->path);
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs*, const char* path, int sync_folder) {
  const int status = the_disk->next_operation(SQLITE_IOERR_DELETE, false);
  if (status != SQLITE_OK) return status;
  the_disk->note_sync(path);
  return the_system->xDelete(the_system, path, sync_folder);
}

const sqlite3_io_methods& methods() {
  static const sqlite3_io_methods kMethods = [] {
    sqlite3_io_methods m{};
    m.iVersion = 2;
    m.xClose = close_file;
    m.xRead = [](sqlite3_file* f, void* to, int count, sqlite3_int64 offset) {
      return methods_of(f)->xRead(real_of(f), to, count, offset);
    };
    m.xWrite = write_file;
    m.xTruncate = truncate_file;
    m.xSync = sync_file;
    m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return methods_of(f)->xFileSize(real_of(f), size);
    };
    m.xLock = [](sqlite3_file* f, int lock) { return methods_of(f)->xLock(real_of(f), lock); };
    m.xUnlock = [](sqlite3_file* f, int lock) { return methods_of(f)->xUnlock(real_of(f), lock); };
    m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
      return methods_of(f)->xCheckReservedLock(real_of(f), out);
    };
    m.xFileControl = [](sqlite3_file* f, int what, void* argument) {
      return methods_of(f)->xFileControl(real_of(f), what, argument);
    };
    m.xSectorSize = [](sqlite3_file* f) { return methods_of(f)->xSectorSize(real_of(f)); };
    m.xDeviceCharacteristics = [](sqlite3_file* f) {
      return methods_of(f)->xDeviceCharacteristics(real_of(f));
    };
    m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** to) {
      return methods_of(f)->xShmMap(real_of(f), page, size, extend, to);
    };
    m.xShmLock = [](sqlite3_file* f, int offset, int count, int flags) {
      return methods_of(f)->xShmLock(real_of(f), offset, count, flags);
    };
    m.xShmBarrier = [](sqlite3_file* f) { methods_of(f)->xShmBarrier(real_of(f)); };
    m.xShmUnmap = [](sqlite3_file* f, int remove) {
      return methods_of(f)->xShmUnmap(real_of(f), remove);
    };
    return m;
  }();
  return kMethods;
}

int open_file(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out) {
  File* const own = new (file) File{};
  const int status = the_system->xOpen(the_system, name, own->real(), flags, out);
  if (own->real()->pMethods == nullptr) return status;
  own->path = new std::string(name == nullptr ? "" : name);
  own->base.pMethods = &methods();
  return status;
}

sqlite3_vfs& the_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs v = *the_system;
    v.zName = "faulty";
    v.pNext = nullptr;
    v.szOsFile = static_cast<int>(sizeof(File)) + the_system->szOsFile;
    v.xOpen = open_file;
    v.xDelete = delete_file;
    v.xAccess = [](sqlite3_vfs*, const char* path, int flags, int* out) {
      return the_system->xAccess(the_system, path, flags, out);
    };
    v.xFullPathname = [](sqlite3_vfs*, const char* path, int count, char* out) {
      return the_system->xFullPathname(the_system, path, count, out);
    };
    return v;
  }();
  return vfs;
}

void put(int descriptor, const std::string& bytes, std::int64_t offset) {
  COX_CHECK(::pwrite(descriptor, bytes.data(), bytes.size(), offset) ==
                static_cast<ssize_t>(bytes.size()),
            "a file of the faulty disk cannot be written");
}

}  // namespace

FaultyDisk::FaultyDisk() {
  COX_CHECK(the_disk == nullptr, "one faulty disk at a time");
  if (the_system == nullptr) the_system = sqlite3_vfs_find(nullptr);
  the_disk = this;
  sqlite3_vfs_register(&the_vfs(), 1);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(&the_vfs());
  sqlite3_vfs_register(the_system, 1);
  the_disk = nullptr;
}

void FaultyDisk::arm(const DiskFault& fault) {
  fault_ = fault;
  operations_ = 0;
  happened_ = false;
}

int FaultyDisk::next_operation(int failure, bool is_write) {
  ++operations_;
  using Kind = DiskFault::Kind;
  if (fault_.kind == Kind::kNone || operations_ < fault_.at) return SQLITE_OK;
  if (fault_.kind == Kind::kError) {
    if (operations_ > fault_.at) return SQLITE_OK;
    happened_ = true;
    return failure;
  }
  if (fault_.kind == Kind::kFull) {
    if (!is_write) return SQLITE_OK;
    happened_ = true;
    return SQLITE_FULL;
  }
  happened_ = true;
  return failure;
}

void FaultyDisk::note_write(const std::string& path, std::int64_t offset, const std::string& before,
                            std::int64_t size_before, const std::string& after) {
  unsynced_[path].push_back({offset, before, size_before, after});
}

void FaultyDisk::note_sync(const std::string& path) {
  if (!ignores_syncs_) unsynced_.erase(path);
}

void FaultyDisk::restart(unsigned seed) {
  fault_ = {};
  std::mt19937 random(seed);
  const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  for (const auto& [path, writes] : unsynced_) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) continue;  // deleted since
    for (auto write = writes.rbegin(); write != writes.rend(); ++write) {
      put(descriptor, write->before, write->offset);
      COX_CHECK(::ftruncate(descriptor, write->size_before) == 0, "a file cannot be cut");
    }
    for (const Write& write : writes) {
      if (write.after.empty() || pick(1) == 0) continue;
      const auto sectors = static_cast<int>(write.after.size()) / static_cast<int>(kSectorBytes);
      const bool torn = sectors > 1 && pick(3) == 0;
      put(descriptor,
          torn ? write.after.substr(0, static_cast<std::size_t>(pick(sectors - 1) * kSectorBytes))
               : write.after,
          write.offset);
    }
    ::close(descriptor);
  }
  unsynced_.clear();
}

}  // namespace cox::simulation
