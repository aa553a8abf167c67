#pragma once

#include <string>

#include "base/status.h"

namespace cox::service {

/// A server's certificate chain and its key, as PEM.
struct KeyPair {
  std::string certificate;
  std::string key;

  /// Reads both files. An error names the file: it cannot be read, contains no PEM of its kind, the
  /// key has a password or does not belong to the certificate, others can read the key, or the
  /// certificate has expired. gRPC would only report that it cannot listen.
  static Result<KeyPair> load(const std::string& certificate_path, const std::string& key_path);
};

}  // namespace cox::service
