#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "record/failure.h"

namespace cox::engine {

/// An error with a known cause. Engine::run turns it into a JobFailure of the
/// same cause and detail; any other exception becomes kCrash.
class EngineError : public std::runtime_error {
 public:
  EngineError(FailureCause cause, const std::string& message, std::string detail = "")
      : std::runtime_error(message), cause_(cause), detail_(std::move(detail)) {}

  FailureCause cause() const { return cause_; }
  const std::string& detail() const { return detail_; }

 private:
  FailureCause cause_;
  std::string detail_;
};

/// An input of the job cannot be opened on this machine. The job itself is valid: the user can add
/// the input, or another machine may have it.
class MissingInputError : public EngineError {
 public:
  MissingInputError(const std::string& message, std::string detail)
      : EngineError(FailureCause::kUser, message, std::move(detail)) {}
};

/// Invalid parameters or model files: an error that the user can fix.
inline EngineError user_error(const std::string& message, std::string detail = "") {
  return {FailureCause::kUser, message, std::move(detail)};
}

}  // namespace cox::engine
