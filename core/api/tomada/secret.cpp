#include "tomada/secret.h"

#include <string.h>

#include <algorithm>

namespace tomada {

Secret::Secret(std::string_view text) : text_(new char[text.size()]), size_(text.size()) {
  std::ranges::copy(text, text_.get());
}

Secret& Secret::operator=(Secret other) noexcept {
  std::swap(text_, other.text_);
  std::swap(size_, other.size_);
  return *this;
}

// Not memset, which a compiler leaves out before memory is freed.
Secret::~Secret() {
  if (size_ > 0) ::explicit_bzero(text_.get(), size_);
}

void Wipe(std::string& text) {
  text.resize(text.capacity());
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace tomada
