#pragma once

#include <string>

namespace cox::test {

/// Writes a self-signed certificate for 127.0.0.1 and localhost, and its key, as PEM files.
void write_certificate(const std::string& certificate_path, const std::string& key_path);

}  // namespace cox::test
