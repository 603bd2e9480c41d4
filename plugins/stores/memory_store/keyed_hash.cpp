#include "keyed_hash.h"

#include <array>

#include <sodium.h>

namespace tomada::memory_store {
namespace {

using Key = std::array<unsigned char, crypto_shorthash_KEYBYTES>;

const Key& ProcessKey() {
  static const Key key = [] {
    Key random;
    crypto_shorthash_keygen(random.data());
    return random;
  }();
  return key;
}

}  // namespace

size_t KeyedHash::operator()(std::string_view bytes) const {
  static_assert(sizeof(size_t) == crypto_shorthash_BYTES);
  size_t hash;
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash), reinterpret_cast<const unsigned char*>(bytes.data()),
                   bytes.size(), ProcessKey().data());
  return hash;
}

size_t KeyedHash::operator()(const OperationId& id) const {
  return (*this)(std::string_view(reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size()));
}

}  // namespace tomada::memory_store
