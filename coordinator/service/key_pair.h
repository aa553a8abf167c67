#pragma once

#include <string>

#include "base/status.h"

namespace cox::service {

/// A server's certificate chain and its key, as PEM.
struct KeyPair {
  std::string certificate;
  std::string key;

  /// Fails with the file's name when one cannot be read or holds no PEM of its kind, when the key
  /// wants a password, when it is not the certificate's, when others can read it, or when the
  /// certificate has expired: gRPC would only say that it cannot
  /// listen.
  static Result<KeyPair> load(const std::string& certificate_path, const std::string& key_path);
};

}  // namespace cox::service
