#include "tests/support/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "base/status.h"

namespace cox::test {

namespace {

constexpr int kKeyBits = 2'048;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

void name(X509* certificate) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  X509_EXTENSION* names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  X509_add_ext(certificate, names, -1);
  X509_EXTENSION_free(names);
}

}  // namespace

void write_certificate(const std::string& certificate_path, const std::string& key_path,
                       long life_seconds) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(kKeyBits),
                                                                EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), std::min(-60L, 2 * life_seconds));
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), life_seconds);
  X509_set_pubkey(certificate.get(), key.get());
  name(certificate.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());

  const File certificate_file(std::fopen(certificate_path.c_str(), "w"));
  const File key_file(std::fopen(key_path.c_str(), "w"));
  COX_CHECK(certificate_file && key_file, "the folder for test certificates is not writable");
  ::fchmod(::fileno(key_file.get()), S_IRUSR | S_IWUSR);
  PEM_write_X509(certificate_file.get(), certificate.get());
  PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

}  // namespace cox::test
