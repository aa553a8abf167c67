#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>

namespace cox {

/// The kind of an operating error. The values equal gRPC's canonical codes, so that crossing
/// the wire is a cast.
enum class StatusCode : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

const char* status_code_name(StatusCode code);

/// Success, or an error with a message: what, where, expected, got and what to do.
/// A value type; thread-compatible.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status ok() { return {}; }

  bool is_ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

  /// Returns the error with `context: ` before its message; success stays success.
  Status with_context(const std::string& context) const;
  std::string to_string() const;

  bool operator==(const Status&) const = default;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

std::ostream& operator<<(std::ostream& out, const Status& status);

inline Status invalid_argument(std::string message) {
  return {StatusCode::kInvalidArgument, std::move(message)};
}
inline Status not_found(std::string message) { return {StatusCode::kNotFound, std::move(message)}; }
inline Status failed_precondition(std::string message) {
  return {StatusCode::kFailedPrecondition, std::move(message)};
}
inline Status unavailable(std::string message) {
  return {StatusCode::kUnavailable, std::move(message)};
}
inline Status internal_error(std::string message) {
  return {StatusCode::kInternal, std::move(message)};
}

/// A value, or the error of the operation that should have produced it. Calling `value()` on an
/// error is a programming error and aborts.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}         // NOLINT: implicit by design
  Result(Status status) : state_(std::move(status)) {}  // NOLINT: implicit by design

  bool is_ok() const { return std::holds_alternative<T>(state_); }
  Status status() const { return is_ok() ? Status::ok() : std::get<Status>(state_); }

  T& value() & { return std::get<T>(state_); }
  const T& value() const& { return std::get<T>(state_); }
  T&& value() && { return std::get<T>(std::move(state_)); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<Status, T> state_;
};

/// Prints the broken invariant and aborts: for programming errors only.
[[noreturn]] void check_failed(const char* condition, const char* file, int line,
                               const std::string& detail);

}  // namespace cox

#define COX_CONCAT_INNER(a, b) a##b
#define COX_CONCAT(a, b) COX_CONCAT_INNER(a, b)

#define COX_CHECK(condition, detail) \
  ((condition) ? void() : ::cox::check_failed(#condition, __FILE__, __LINE__, (detail)))

#define COX_RETURN_IF_ERROR(expression) \
  if (::cox::Status cox_status = (expression); !cox_status.is_ok()) return cox_status

#define COX_ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
  auto result = (expression);                                      \
  if (!result.is_ok()) return result.status();                     \
  declaration = std::move(result).value()

/// `COX_ASSIGN_OR_RETURN(auto x, f());` declares x, or returns f's error from this function.
#define COX_ASSIGN_OR_RETURN(declaration, ...) \
  COX_ASSIGN_OR_RETURN_IMPL(COX_CONCAT(cox_result_, __LINE__), declaration, (__VA_ARGS__))
