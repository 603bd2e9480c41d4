// What an ELF file says before it is opened as a library. Nothing in the file is trusted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace tomada {

// OK when the file is a shared library for this kind of machine, and as long as its header says. Otherwise the error
// says what it is, and what to do. A file may still be damaged further in.
absl::Status CheckElfFile(const std::filesystem::path& path);

// The longest description of a note that is read, in bytes.
inline constexpr uint32_t kLongestElfNote = 64 << 10;

// The description of the first note (elf(5)) of this owner and type, in sections that are loaded or not; empty when
// there is none. The file has passed CheckElfFile. An error says in what way its sections or this note are damaged.
absl::StatusOr<std::string> ReadElfNote(const std::filesystem::path& path, std::string_view owner, uint32_t type);

// The bytes of such a note, to be put in a section called .note.something.
std::string MakeElfNote(std::string_view owner, uint32_t type, std::string_view description);

}  // namespace tomada
