// Secret: a text that nobody may see: a password, a token, a key.
//
//   struct Config : ConfigKeys<Config> {
//     Secret token = Key("token", &Config::token).Required().Help("What it sends.");
//   };
//   request.SetHeader("authorization", config.token.Reveal());
//
// Nothing prints it, and its memory is overwritten when it goes. A profile gives it as a text or as {file: PATH}.
#ifndef TOMADA_SECRET_H_
#define TOMADA_SECRET_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tomada {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text);
  Secret(const Secret& other) : Secret(other.Reveal()) {}
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret other) noexcept;
  ~Secret();

  // Valid as long as this is there and is not assigned to. Whoever copies it has a copy to Wipe.
  std::string_view Reveal() const { return {text_.get(), size_}; }
  bool empty() const { return size_ == 0; }

 private:
  std::unique_ptr<char[]> text_;  // on the heap, however short: what is moved leaves nothing behind
  size_t size_ = 0;
};

// Overwrites all that the string has room for, and leaves it empty.
void Wipe(std::string& text);

}  // namespace tomada

#endif  // TOMADA_SECRET_H_
