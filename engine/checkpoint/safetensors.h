#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cox::engine {

/// The description of a stored tensor from the header.
struct StoredTensor {
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
  std::string file;  ///< the shard that holds it
};

/// Memory-mapped tensors of one safetensors file or of a sharded set. Opening reads headers only.
/// Every error is an EngineError(kUser) that names the file and the tensor. Thread-compatible.
class Checkpoint {
 public:
  /// `path` is a .safetensors file, a `*.index.json` with a weight_map, or a directory that holds
  /// exactly one such index, or else exactly one .safetensors file. Hidden files are not read. A
  /// weight_map names safetensors files in or below its folder, which the folder's digest covers.
  static Checkpoint open(const std::string& path);

  const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }
  bool contains(const std::string& name) const { return tensors_.count(name) != 0; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::string& path() const { return path_; }

  /// Returns the mapped bytes as a CPU tensor: read-only, valid while the checkpoint lives.
  at::Tensor view(const std::string& name) const;
  /// Removes a tensor's pages from this process; the page cache keeps them.
  void release(const std::string& name) const;

  /// Returns an owning copy on `device`, converted there to `dtype` if given. The bytes go from the
  /// page cache to the device once; there is no second copy on the host.
  at::Tensor load(const std::string& name, at::Device device = at::kCPU,
                  std::optional<at::ScalarType> dtype = std::nullopt) const;

  /// Returns all tensors, on the CPU, as stored.
  std::map<std::string, at::Tensor> load_all() const;

 private:
  struct Shard;
  Checkpoint() = default;
  void add_shard(const std::string& file);

  std::string path_;
  std::map<std::string, std::shared_ptr<const Shard>> shards_;  ///< by file path
  std::map<std::string, StoredTensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Writes tensors in name order, atomically: after a crash the file is the old one or the new one.
/// Throws EngineError(kCrash) if writing fails.
void save_safetensors(const std::string& path, const std::map<std::string, at::Tensor>& tensors,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace cox::engine
