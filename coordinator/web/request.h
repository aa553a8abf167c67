#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace cox::web {

/// Longer values of a request are refused: no name or statement needs more.
constexpr std::size_t kMaxParameterBytes = 64'000;

/// The parameters of one request, as the page's address holds them.
class Request {
 public:
  explicit Request(std::multimap<std::string, std::string> parameters)
      : parameters_(std::move(parameters)) {}

  /// "" when the parameter is missing.
  std::string text(const std::string& name) const;
  /// Every value of a parameter that may repeat, in order.
  std::vector<std::string> texts(const std::string& name) const;
  /// kInvalidArgument when the parameter is missing, empty or too long.
  Result<std::string> required(const std::string& name) const;
  /// `fallback` when the parameter is missing; kInvalidArgument when it is not a number from 0 to
  /// `most`.
  Result<std::size_t> number(const std::string& name, std::size_t fallback, std::size_t most) const;

 private:
  std::multimap<std::string, std::string> parameters_;
};

}  // namespace cox::web
