// Text from outside, which may be anything.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tomada::usuarios {

// The number of characters (Unicode code points) of `text`; nothing when it is not valid UTF-8.
std::optional<size_t> CountCharacters(std::string_view text);

// Its code points; nothing when it is not valid UTF-8.
std::optional<std::u32string> DecodeUtf8(std::string_view text);

// A letter, mark or digit outside ASCII: what a word of any language is written with.
bool IsWordCharacter(char32_t c);

// Equal for texts that differ only in case or in how accents are composed: Unicode's full case folding in form NFC.
// Both are stable across Unicode versions for assigned characters, so the result may be stored. `text` is valid UTF-8.
std::string CaseFold(std::string_view text);

}  // namespace tomada::usuarios
