#pragma once

#include <string>

namespace cox::test {

/// Writes a self-signed certificate for 127.0.0.1 and localhost, and its key, as PEM files. It ends
/// `life_seconds` from now; one that is negative has expired.
void write_certificate(const std::string& certificate_path, const std::string& key_path,
                       long life_seconds = 24L * 3'600);

}  // namespace cox::test
