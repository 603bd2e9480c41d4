#include "openapi/docs_page.h"

#include <sodium.h>

#include <fmt/format.h>

namespace tomada::pistache_http {

std::string EntityTag(std::string_view body) {
  unsigned char hash[crypto_generichash_BYTES_MIN];
  crypto_generichash(hash, sizeof hash, reinterpret_cast<const unsigned char*>(body.data()), body.size(), nullptr, 0);
  std::string tag = "\"";
  for (const unsigned char byte : hash) tag += fmt::format("{:02x}", byte);
  return tag + '"';
}

}  // namespace tomada::pistache_http
