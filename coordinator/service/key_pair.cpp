#include "coordinator/service/key_pair.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <memory>

#include "base/file.h"
#include "base/log.h"

namespace cox::service {

namespace {

using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using PrivateKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Memory memory_of(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
}

/// Keeps OpenSSL from asking for a password on the terminal.
int no_password(char*, int, int, void*) { return -1; }

/// Clients refuse a certificate out of its time; one that expires soon gets a log line.
Status check_times(const X509& certificate, const std::string& path) {
  constexpr int kNoticeDays = 14;
  int days = 0;
  int seconds = 0;
  if (X509_cmp_current_time(X509_get0_notBefore(&certificate)) > 0) {
    return invalid_argument(fmt::format("the certificate in '{}' is not valid yet", path));
  }
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(&certificate)) != 1) {
    return invalid_argument(fmt::format("the certificate in '{}' has no valid expiry date", path));
  }
  if (days < 0 || seconds < 0) {
    return invalid_argument(fmt::format("the certificate in '{}' has expired: renew it", path));
  }
  if (days < kNoticeDays) {
    log(LogLevel::kWarning, "coordinator", "the certificate expires soon: renew it and restart",
        {{"file", path}, {"days", days}});
  }
  return Status::ok();
}

Status check_private(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return not_found(fmt::format("key file '{}' does not exist", path));
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) == 0) return Status::ok();
  return failed_precondition(
      fmt::format("key file '{}' is readable by others: run chmod 600 on it", path));
}

}  // namespace

Result<KeyPair> KeyPair::load(const std::string& certificate_path, const std::string& key_path) {
  KeyPair pair;
  COX_ASSIGN_OR_RETURN(pair.certificate, read_file(certificate_path));
  COX_ASSIGN_OR_RETURN(pair.key, read_file(key_path));
  const Certificate certificate(
      PEM_read_bio_X509(memory_of(pair.certificate).get(), nullptr, no_password, nullptr),
      X509_free);
  const PrivateKey key(
      PEM_read_bio_PrivateKey(memory_of(pair.key).get(), nullptr, no_password, nullptr),
      EVP_PKEY_free);
  const bool matches =
      certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!certificate) {
    return invalid_argument(fmt::format("'{}' contains no PEM certificate", certificate_path));
  }
  if (!key) {
    return invalid_argument(
        fmt::format("'{}' contains no PEM private key, or one with a password", key_path));
  }
  if (!matches) {
    return invalid_argument(fmt::format(
        "the key in '{}' does not belong to the certificate in '{}'", key_path, certificate_path));
  }
  COX_RETURN_IF_ERROR(check_times(*certificate, certificate_path));
  COX_RETURN_IF_ERROR(check_private(key_path));
  return pair;
}

}  // namespace cox::service
