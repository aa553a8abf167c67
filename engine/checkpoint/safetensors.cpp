#include "engine/checkpoint/safetensors.h"

#include <fmt/format.h>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "engine/checkpoint/json_config.h"
#include "engine/checkpoint/safetensors_bytes.h"
#include "engine/checkpoint/safetensors_header.h"
#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

namespace fs = std::filesystem;

struct DtypeName {
  const char* name;
  at::ScalarType type;
};

constexpr DtypeName kDtypes[] = {
    {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf},  {"BF16", at::kBFloat16},
    {"I64", at::kLong},   {"I32", at::kInt},   {"I16", at::kShort}, {"I8", at::kChar},
    {"U8", at::kByte},    {"BOOL", at::kBool},
};

at::ScalarType type_of(const std::string& dtype) {
  for (const DtypeName& known : kDtypes) {
    if (dtype == known.name) return known.type;
  }
  throw user_error("safetensors: unknown dtype " + dtype);
}

std::string name_of(at::ScalarType type, const std::string& tensor) {
  for (const DtypeName& known : kDtypes) {
    if (type == known.type) return known.name;
  }
  throw std::invalid_argument("safetensors: dtype of '" + tensor + "' cannot be stored");
}

bool is_hidden(const fs::path& name) { return name.string().front() == '.'; }

/// Hidden files are left out, as in the digest of a model's folder (base/digest.h).
std::vector<std::string> files_ending_in(const std::string& directory, std::string_view ending) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const fs::path name = entry.path().filename();
    if (!is_hidden(name) && ends_with(name.string(), ending))
      found.push_back(entry.path().string());
  }
  return found;
}

/// Whether a weight_map may name `shard`: a safetensors file that the digest of the index's folder
/// covers.
bool is_below_folder(const fs::path& shard) {
  if (shard.is_absolute() || shard.extension() != ".safetensors") return false;
  return std::none_of(shard.begin(), shard.end(), is_hidden);  // `..` also begins with a dot
}

/// Returns the index, or the single file, that a model directory is read from.
std::string entry_file(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    throw user_error(
        fmt::format("{}: no such file or directory; expected safetensors weights", path),
        "missing_model_file");
  }
  if (!fs::is_directory(path, error)) return path;
  for (const char* ending : {".safetensors.index.json", ".safetensors"}) {
    const std::vector<std::string> found = files_ending_in(path, ending);
    if (found.size() == 1) return found[0];
    if (found.size() > 1) {
      throw user_error(
          fmt::format("{}: expected one file *{}, found {}", path, ending, found.size()));
    }
  }
  throw user_error(
      fmt::format("{}: contains neither *.safetensors.index.json nor *.safetensors", path),
      "missing_model_file");
}

/// A whole file, memory-mapped, read-only.
class Mapping {
 public:
  explicit Mapping(const std::string& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
      throw user_error(fmt::format("{}: cannot open: {}", file, std::strerror(errno)),
                       "missing_model_file");
    }
    struct stat status {};
    const bool sized = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    size_ = sized ? static_cast<size_t>(status.st_size) : 0;
    data_ = size_ == 0 ? MAP_FAILED : ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    ::close(descriptor);
    if (data_ == MAP_FAILED) {
      throw user_error(fmt::format("{}: cannot map: the file is empty or not a regular file", file),
                       "bad_safetensors");
    }
  }
  ~Mapping() { ::munmap(data_, size_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

  /// Releases the complete pages between `begin` and `end`; reading them maps them again.
  void release(uint64_t begin, uint64_t end) const {
    const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
    const uint64_t first = (begin + page - 1) / page * page, last = end / page * page;
    if (first < last) ::madvise(static_cast<char*>(data_) + first, last - first, MADV_DONTNEED);
  }

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace

/// One mapped file.
struct Checkpoint::Shard {
  explicit Shard(const std::string& file)
      : path(file),
        mapping(file),
        header(parse_safetensors_header(mapping.bytes(), mapping.bytes().size(), file)) {}

  std::string path;
  Mapping mapping;
  SafetensorsHeader header;
};

void Checkpoint::add_shard(const std::string& file) {
  auto shard = std::make_shared<const Shard>(file);
  for (const auto& [name, record] : shard->header.tensors) {
    const auto [place, inserted] =
        tensors_.emplace(name, StoredTensor{type_of(record.dtype), record.shape, file});
    if (!inserted) {
      throw user_error(
          fmt::format("tensor '{}' occurs in both {} and {}", name, place->second.file, file));
    }
  }
  metadata_.insert(shard->header.metadata.begin(), shard->header.metadata.end());
  shards_.emplace(file, std::move(shard));
}

Checkpoint Checkpoint::open(const std::string& path) {
  Checkpoint checkpoint;
  checkpoint.path_ = entry_file(path);
  if (!ends_with(checkpoint.path_, ".json")) {
    checkpoint.add_shard(checkpoint.path_);
    return checkpoint;
  }
  const auto weight_map = JsonConfig::read(checkpoint.path_).text_map("weight_map");
  const fs::path folder = fs::path(checkpoint.path_).parent_path();
  for (const auto& [name, shard] : weight_map) {
    if (!is_below_folder(shard)) {
      throw user_error(
          fmt::format("{}: weight_map puts tensor '{}' in '{}'; expected a safetensors "
                      "file in the index's folder, not hidden",
                      checkpoint.path_, name, shard),
          "bad_safetensors");
    }
    const std::string file = (folder / shard).string();
    if (checkpoint.shards_.count(file) == 0) checkpoint.add_shard(file);
    const auto stored = checkpoint.tensors_.find(name);
    if (stored == checkpoint.tensors_.end() || stored->second.file != file) {
      throw user_error(fmt::format("{}: tensor '{}' is not in {}, where the weight_map puts it",
                                   checkpoint.path_, name, file));
    }
  }
  for (const auto& [name, stored] : checkpoint.tensors_) {
    if (weight_map.count(name) == 0) {
      throw user_error(fmt::format("{}: tensor '{}' is not in the weight_map of {}", stored.file,
                                   name, checkpoint.path_));
    }
  }
  return checkpoint;
}

at::Tensor Checkpoint::view(const std::string& name) const {
  const auto stored = tensors_.find(name);
  if (stored == tensors_.end()) throw user_error(fmt::format("{}: no tensor '{}'", path_, name));
  const Shard& shard = *shards_.at(stored->second.file);
  const TensorRecord& record = shard.header.tensors.at(name);
  auto* begin = const_cast<char*>(shard.mapping.bytes().data()) + record.begin;
  return at::from_blob(begin, record.shape, at::device(at::kCPU).dtype(stored->second.dtype));
}

at::Tensor Checkpoint::load(const std::string& name, at::Device device,
                            std::optional<at::ScalarType> dtype) const {
  const at::Tensor stored = view(name);
  const at::ScalarType wanted = dtype.value_or(stored.scalar_type());
  const at::Tensor copy =
      device.is_cpu() ? stored.to(wanted, /*non_blocking=*/false, /*copy=*/true)
                      : stored.to(device).to(wanted);  // converts on the device, which is fast
  release(name);
  return copy;
}

void Checkpoint::release(const std::string& name) const {
  const Shard& shard = *shards_.at(tensors_.at(name).file);
  const TensorRecord& record = shard.header.tensors.at(name);
  shard.mapping.release(record.begin, record.end);
}

std::map<std::string, at::Tensor> Checkpoint::load_all() const {
  std::map<std::string, at::Tensor> all;
  for (const auto& [name, stored] : tensors_) all.emplace(name, load(name));
  return all;
}

namespace {

/// An output file that is removed unless committed.
class PendingFile {
 public:
  explicit PendingFile(const std::string& path) : path_(path), part_(unique_sibling(path)) {
    const Status replaceable = check_replaceable(path);
    if (!replaceable.is_ok()) throw user_error(replaceable.message(), "write");
    std::error_code ignored;
    const fs::path parent = fs::path(path).parent_path();
    if (!parent.empty()) fs::create_directories(parent, ignored);
    descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    check(descriptor_ >= 0, "create");
  }
  ~PendingFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!committed_) ::unlink(part_.c_str());
  }
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  void write(const char* bytes, uint64_t count) {
    while (count > 0) {
      const ssize_t written = ::write(descriptor_, bytes, count);
      if (written < 0 && errno == EINTR) continue;
      check(written > 0, "write");
      bytes += written;
      count -= static_cast<uint64_t>(written);
    }
  }

  void commit() {
    check(::fsync(descriptor_) == 0, "flush");
    check(::rename(part_.c_str(), path_.c_str()) == 0, "rename");
    committed_ = true;
  }

 private:
  void check(bool good, const char* what) const {
    if (good) return;
    throw EngineError(FailureCause::kCrash,
                      fmt::format("cannot {} {}: {}", what, path_, std::strerror(errno)), "write");
  }

  std::string path_;
  std::string part_;
  int descriptor_ = -1;
  bool committed_ = false;
};

/// Writes the file's content piece by piece, in name order.
template <typename Write>
void write_safetensors(const std::map<std::string, at::Tensor>& tensors,
                       const std::map<std::string, std::string>& metadata, Write write) {
  std::vector<TensorRecord> records;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    const uint64_t begin = offset;
    offset += static_cast<uint64_t>(tensor.numel()) * tensor.element_size();
    records.push_back(
        {name, name_of(tensor.scalar_type(), name), tensor.sizes().vec(), begin, offset});
  }
  const std::string header = safetensors_header_text(records, metadata);
  write(header.data(), header.size());
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
    write(static_cast<const char*>(host.const_data_ptr()),
          static_cast<uint64_t>(host.numel()) * host.element_size());
  }
}

}  // namespace

void save_safetensors(const std::string& path, const std::map<std::string, at::Tensor>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  PendingFile file(path);
  write_safetensors(tensors, metadata,
                    [&](const char* bytes, uint64_t count) { file.write(bytes, count); });
  file.commit();
}

std::string safetensors_bytes(const std::map<std::string, at::Tensor>& tensors) {
  std::string content;
  write_safetensors(tensors, {},
                    [&](const char* bytes, uint64_t count) { content.append(bytes, count); });
  return content;
}

std::map<std::string, at::Tensor> tensors_in(const std::string& bytes, const std::string& origin) {
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, record] : parse_safetensors_header(bytes, bytes.size(), origin).tensors) {
    const at::Tensor tensor =
        at::empty(record.shape, at::device(at::kCPU).dtype(type_of(record.dtype)));
    std::memcpy(tensor.mutable_data_ptr(), bytes.data() + record.begin, record.end - record.begin);
    tensors.emplace(name, tensor);
  }
  return tensors;
}

}  // namespace cox::engine
