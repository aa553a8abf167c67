#pragma once

#include <utility>

#include "engine/video/decode.h"

namespace cox::video {

/// The exception that carries a fault inside this folder. The public functions return it as a
/// value.
struct FaultThrown {
  VideoFault fault;
};

[[noreturn]] inline void throw_fault(FaultKind kind, std::string message) {
  throw FaultThrown{{kind, std::move(message)}};
}

}  // namespace cox::video
