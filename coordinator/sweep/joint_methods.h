#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "coordinator/sweep/schema.h"

namespace cox::sweep {

/// The schemas of methods that act together, made at their first use.
class JointMethods {
 public:
  using Methods = std::map<std::string, MethodSchema>;

  /// `methods` are those of `backbone`, "" for all backbones together. Returns nullptr when they
  /// cannot act together.
  const MethodSchema* find(const std::string& name, const std::string& backbone,
                           const Methods& methods, const Schemas& schemas);

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<MethodSchema>> made_;
};

}  // namespace cox::sweep
