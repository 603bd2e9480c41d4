// Any bytes as a library whose notes are read: that must not crash, hang or grow, and gives a note of a bounded size or
// says why not. What CheckElfFile holds against a file of another machine is put right first, so that the rest is read.
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

#include "fuzz/require.h"
#include "loader/elf_file.h"
#include "loader/plugin_note.h"
#include "tomada/unique_fd.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  // Identification, type, machine: this program's.
  std::ifstream("/proc/self/exe", std::ios::binary).read(bytes.data(), std::min<size_t>(size, 20));
  if (size >= 18) bytes[offsetof(ElfW(Ehdr), e_type)] = ET_DYN;

  const tomada::UniqueFd file(::memfd_create("library", MFD_CLOEXEC));
  Require(::write(file.get(), bytes.data(), size) == static_cast<ssize_t>(size), "a file in memory is not written");
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  for (tomada::PluginNote note : {tomada::PluginNote::kStamp, tomada::PluginNote::kText, tomada::PluginNote::kJson}) {
    absl::StatusOr<std::string> read = tomada::ReadPluginNote(path, note);
    Require(!read.ok() || read->size() <= tomada::kLongestElfNote, "a note without a bound");
    Require(!read.ok() || read->empty() || bytes.find(*read) != std::string::npos, "a note that is not in the file");
    if (read.ok()) tomada::CheckStamp(path, *read).IgnoreError();
  }
  return 0;
}
