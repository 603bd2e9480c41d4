// What a file's ELF header says before the file is opened as a library.
#pragma once

#include <filesystem>

#include <absl/status/status.h>

namespace tomada {

// OK when the file is a shared library for this kind of machine, and as long as its header says. Otherwise the error
// says what it is, and what to do. A file may still be damaged further in.
absl::Status CheckElfFile(const std::filesystem::path& path);

}  // namespace tomada
