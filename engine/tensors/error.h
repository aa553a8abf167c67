#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "engine/job.h"

namespace cox::engine {

/// An error whose cause is known where it is found. Engine::run turns it into a JobFailure of the
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

/// What a job needs cannot be opened where the engine runs: the person who asked can put it there,
/// or another place may have it. Nothing is wrong with the job.
class MisplacedError : public EngineError {
 public:
  MisplacedError(const std::string& message, std::string detail)
      : EngineError(FailureCause::kUser, message, std::move(detail)) {}
};

/// Wrong parameters or model files: what the person who asked can put right.
inline EngineError user_error(const std::string& message, std::string detail = "") {
  return {FailureCause::kUser, message, std::move(detail)};
}

}  // namespace cox::engine
