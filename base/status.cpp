#include "base/status.h"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace cox {

const char* status_code_name(StatusCode code) {
  static constexpr std::array<const char*, 17> kNames = {"ok",
                                                         "cancelled",
                                                         "unknown",
                                                         "invalid_argument",
                                                         "deadline_exceeded",
                                                         "not_found",
                                                         "already_exists",
                                                         "permission_denied",
                                                         "resource_exhausted",
                                                         "failed_precondition",
                                                         "aborted",
                                                         "out_of_range",
                                                         "unimplemented",
                                                         "internal",
                                                         "unavailable",
                                                         "data_loss",
                                                         "unauthenticated"};
  return kNames.at(static_cast<size_t>(code));
}

Status Status::with_context(const std::string& context) const {
  if (is_ok()) return *this;
  return {code_, context + ": " + message_};
}

std::string Status::to_string() const {
  if (is_ok()) return "ok";
  return std::string(status_code_name(code_)) + ": " + message_;
}

std::ostream& operator<<(std::ostream& out, const Status& status) {
  return out << status.to_string();
}

void check_failed(const char* condition, const char* file, int line, const std::string& detail) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s (%s)\n", file, line, condition, detail.c_str());
  std::abort();
}

}  // namespace cox
