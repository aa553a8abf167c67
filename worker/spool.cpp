#include "worker/spool.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/log.h"
#include "base/text.h"

namespace cox::worker {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSuffix = ".report";

Status io_error(const std::string& what, const std::string& path, const std::error_code& error) {
  return unavailable(fmt::format("spool: cannot {} '{}': {}", what, path, error.message()));
}

std::string name_of(std::uint64_t number, const v1::JobReport& report) {
  return fmt::format("{:020}-{}-{}{}", number, report.job_digest().substr(0, 12), report.attempt(),
                     kSuffix);
}

}  // namespace

Result<Spool> Spool::open(const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return io_error("create", directory, error);
  COX_ASSIGN_OR_RETURN(FileLock lock, FileLock::acquire(directory + "/lock"));

  Spool spool(directory, std::move(lock));
  MutexLock names_lock(spool.names_->mutex);
  std::set<std::string>& known = spool.names_->known;
  for (fs::directory_iterator file(directory, error), end; !error && file != end;
       file.increment(error)) {
    const std::string name = file->path().filename().string();
    // A process that was killed during a write leaves a hidden part, which was never a report.
    if (starts_with(name, ".") && ends_with(name, ".part")) fs::remove(file->path(), error);
    if (ends_with(name, kSuffix)) known.insert(name);
  }
  if (error) return io_error("list", directory, error);
  if (!known.empty()) {
    spool.names_->next_number = std::strtoull(known.rbegin()->c_str(), nullptr, 10) + 1;
  }
  return spool;
}

Status Spool::add(const v1::JobReport& report) {
  std::string name;
  {
    MutexLock lock(names_->mutex);
    name = name_of(names_->next_number++, report);
  }
  COX_RETURN_IF_ERROR(write_file_atomically(path_of(name), report.SerializeAsString()));
  MutexLock lock(names_->mutex);
  names_->known.insert(std::move(name));
  return Status::ok();
}

Result<std::vector<Spool::Entry>> Spool::oldest(size_t most) {
  std::vector<Entry> entries;
  for (const std::string& name : first_names(most)) {
    Entry entry{name, {}};
    COX_ASSIGN_OR_RETURN(const std::string bytes, read_file(path_of(name)));
    if (entry.report.ParseFromString(bytes) && !entry.report.job_digest().empty()) {
      entries.push_back(std::move(entry));
      continue;
    }
    log(LogLevel::kError, "spool", "cannot parse a report; set aside, its job will run again",
        {{"file", path_of(name)}, {"bytes", bytes.size()}});
    COX_RETURN_IF_ERROR(set_aside(name));
  }
  // All of the oldest were damaged, but the spool has more.
  if (entries.empty() && size() > 0) return oldest(most);
  return entries;
}

Status Spool::remove(const std::string& name) {
  std::error_code error;
  fs::remove(path_of(name), error);
  if (error) return io_error("remove", path_of(name), error);
  forget(name);
  return Status::ok();
}

Status Spool::set_aside(const std::string& name) {
  const std::string aside = path_of("set_aside");
  std::error_code error;
  fs::create_directories(aside, error);
  if (!error) fs::rename(path_of(name), aside + "/" + name, error);
  if (error) return io_error("set aside", path_of(name), error);
  forget(name);
  return Status::ok();
}

size_t Spool::size() const {
  MutexLock lock(names_->mutex);
  return names_->known.size();
}

std::set<std::string> Spool::first_names(size_t most) const {
  MutexLock lock(names_->mutex);
  auto end = names_->known.begin();
  for (size_t i = 0; i < most && end != names_->known.end(); ++i) ++end;
  return {names_->known.begin(), end};
}

void Spool::forget(const std::string& name) {
  MutexLock lock(names_->mutex);
  names_->known.erase(name);
}

}  // namespace cox::worker
