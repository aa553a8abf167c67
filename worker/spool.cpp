#include "worker/spool.h"

#include <cinttypes>
#include <cstdio>
#include <filesystem>

#include "base/log.h"
#include "base/text.h"

namespace cox::worker {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSuffix = ".report";

Status io_error(const std::string& what, const std::string& path, const std::error_code& error) {
  return unavailable(concat("spool: cannot ", what, " '", path, "': ", error.message()));
}

std::string name_of(std::uint64_t number, const v1::JobReport& report) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%020" PRIu64, number);
  return concat(digits, '-', report.job_digest().substr(0, 12), '-', report.attempt(), kSuffix);
}

}  // namespace

Result<Spool> Spool::open(const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return io_error("make", directory, error);
  COX_ASSIGN_OR_RETURN(FileLock lock, FileLock::acquire(directory + "/lock"));

  Spool spool(directory, std::move(lock));
  for (fs::directory_iterator file(directory, error), end; !error && file != end;
       file.increment(error)) {
    const std::string name = file->path().filename().string();
    // A process killed in mid-write leaves a hidden part: the report it was to become never
    // existed.
    if (starts_with(name, ".") && ends_with(name, ".part")) fs::remove(file->path(), error);
    if (ends_with(name, kSuffix)) spool.names_.insert(name);
  }
  if (error) return io_error("list", directory, error);
  if (!spool.names_.empty()) {
    spool.next_number_ = std::strtoull(spool.names_.rbegin()->c_str(), nullptr, 10) + 1;
  }
  return spool;
}

Status Spool::add(const v1::JobReport& report) {
  const std::string name = name_of(next_number_, report);
  COX_RETURN_IF_ERROR(write_file_atomically(path_of(name), report.SerializeAsString()));
  ++next_number_;
  names_.insert(name);
  return Status::ok();
}

Result<std::optional<Spool::Entry>> Spool::oldest() {
  while (!names_.empty()) {
    Entry entry{*names_.begin(), {}};
    COX_ASSIGN_OR_RETURN(const std::string bytes, read_file(path_of(entry.name)));
    if (entry.report.ParseFromString(bytes) && !entry.report.job_digest().empty()) {
      return std::optional<Entry>(std::move(entry));
    }
    log(LogLevel::kError, "spool", "a report cannot be parsed; set aside, its job will run again",
        {{"file", path_of(entry.name)}, {"bytes", bytes.size()}});
    COX_RETURN_IF_ERROR(set_aside(entry.name));
  }
  return std::optional<Entry>();
}

Status Spool::remove(const std::string& name) {
  std::error_code error;
  fs::remove(path_of(name), error);
  if (error) return io_error("remove", path_of(name), error);
  names_.erase(name);
  return Status::ok();
}

Status Spool::set_aside(const std::string& name) {
  const std::string aside = path_of("set_aside");
  std::error_code error;
  fs::create_directories(aside, error);
  if (!error) fs::rename(path_of(name), aside + "/" + name, error);
  if (error) return io_error("set aside", path_of(name), error);
  names_.erase(name);
  return Status::ok();
}

}  // namespace cox::worker
