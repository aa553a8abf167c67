#pragma once

#include "cox/v1/worker.pb.h"

namespace cox::worker {

/// Returns a registration with the versions of schemas/versions.def, which the coordinator compares
/// with its own.
inline v1::RegisterRequest versioned_identity() {
  v1::RegisterRequest identity;
#define COX_VERSION(name, value) identity.set_##name(value);
#include "schemas/versions.def"
#undef COX_VERSION
  return identity;
}

}  // namespace cox::worker
