#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cox::engine {

/// A network in a TorchScript file of the user. Runs without the optimization passes that depend on
/// earlier calls, so that equal inputs give equal results whatever ran before. Owned by one thread.
class ScriptNetwork {
 public:
  /// Throws EngineError(kUser) that names the file if it is not a TorchScript archive.
  static ScriptNetwork load(const std::string& path, at::Device device);

  /// Returns the flat map of strings in `extra/cox.json`; empty if the archive has none.
  const std::map<std::string, std::string>& stated() const { return stated_; }

  /// Returns forward(inputs..., flags...), which must be a tensor. Throws EngineError(kUser) with
  /// the network's own message if it fails.
  at::Tensor run(const std::vector<at::Tensor>& inputs,
                 const std::map<std::string, bool>& flags = {}) const;

 private:
  struct Module;
  ScriptNetwork() = default;

  std::string path_;
  std::shared_ptr<Module> module_;
  std::map<std::string, std::string> stated_;
};

}  // namespace cox::engine
