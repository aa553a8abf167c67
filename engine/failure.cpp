#include "engine/failure.h"

#include <fmt/format.h>

#include <c10/util/Exception.h>

#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/tensors/error.h"

namespace cox::engine {

namespace {

/// LibTorch's messages carry a C++ stack below the first line.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// LibTorch's CPU allocator has no exception of its own.
bool is_host_out_of_memory(const std::string& message) {
  return message.find("DefaultCPUAllocator") != std::string::npos &&
         message.find("memory") != std::string::npos;
}

/// Rewords `... you tried to allocate 456130560 bytes. Error code ...`.
std::string host_message(const std::string& message) {
  constexpr std::string_view kAsked = "tried to allocate ";
  const std::size_t asked = message.find(kAsked);
  if (asked == std::string::npos) return "host memory is exhausted";
  const std::string rest = message.substr(asked + kAsked.size());
  return fmt::format("host memory is exhausted: cannot allocate {} more bytes",
                     rest.substr(0, rest.find(' ')));
}

JobFailure out_of_memory(const std::string& message) {
  return {
      FailureCause::kOom,
      fmt::format(
          "{}; use fewer frames, a smaller size or batch, dtype bf16, or a device with more memory",
          message),
      "out_of_memory", false};
}

}  // namespace

JobFailure failure_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const MissingInputError& e) {
    return {e.cause(), e.what(), e.detail(), false, true};
  } catch (const EngineError& e) {
    return {e.cause(), e.what(), e.detail(), false};
  } catch (const c10::OutOfMemoryError& e) {
    return out_of_memory(first_line(e.what_without_backtrace()));
  } catch (const c10::AcceleratorError& e) {
    // Such errors are permanent for the process: every later use of the device fails too.
    return {FailureCause::kCrash, first_line(e.what_without_backtrace()), "device_error", true};
  } catch (const c10::Error& e) {
    const std::string message = first_line(e.what_without_backtrace());
    if (is_host_out_of_memory(message)) return out_of_memory(host_message(message));
    return {FailureCause::kCrash, message, "tensor_library", false};
  } catch (const std::bad_alloc&) {
    return out_of_memory(host_message(""));
  } catch (const std::invalid_argument& e) {
    return {FailureCause::kUser, e.what(), "invalid_argument", false};
  } catch (const std::exception& e) {
    return {FailureCause::kCrash, e.what(), "exception", false};
  }
}

}  // namespace cox::engine
