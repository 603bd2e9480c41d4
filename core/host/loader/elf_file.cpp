#include "loader/elf_file.h"

#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "loader/refusal.h"
#include "tomada/unique_fd.h"

namespace tomada {
namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);

UniqueFd OpenToRead(const char* path) { return UniqueFd(::open(path, O_RDONLY | O_CLOEXEC)); }

// False when the file ends before the object is whole.
template <class T>
bool ReadAt(const UniqueFd& file, uint64_t offset, T& object) {
  return ::pread(file.get(), &object, sizeof object, static_cast<off_t>(offset)) == ssize_t{sizeof object};
}

std::string MachineName(const Header& header) {
  std::string_view bits = header.e_ident[EI_CLASS] == ELFCLASS32 ? "32-bit" : "64-bit";
  switch (header.e_machine) {
    case EM_386: return "i386";
    case EM_X86_64: return fmt::format("{} x86-64", bits);
    case EM_AARCH64: return fmt::format("{} aarch64", bits);
    case EM_RISCV: return fmt::format("{} RISC-V", bits);
    default: return fmt::format("{} machine {}", bits, header.e_machine);
  }
}

bool SameMachine(const Header& a, const Header& b) {
  return a.e_machine == b.e_machine && a.e_ident[EI_CLASS] == b.e_ident[EI_CLASS] &&
         a.e_ident[EI_DATA] == b.e_ident[EI_DATA];
}

// How long the file must be for everything that its header tells the dynamic linker to map.
uint64_t MappedSize(const UniqueFd& file, const Header& header) {
  uint64_t end = header.e_phoff + header.e_phnum * sizeof(Segment);
  Segment segment;
  for (uint64_t i = 0; i < header.e_phnum && ReadAt(file, header.e_phoff + i * sizeof segment, segment); ++i) {
    if (segment.p_type == PT_LOAD) end = std::max<uint64_t>(end, segment.p_offset + segment.p_filesz);
  }
  return end;
}

}  // namespace

absl::Status CheckElfFile(const std::filesystem::path& path) {
  UniqueFd file = OpenToRead(path.c_str());
  struct stat info;
  if (!file || ::fstat(file.get(), &info) != 0) return Unreadable(path, errno);

  unsigned char magic[SELFMAG];
  if (!ReadAt(file, 0, magic) || std::memcmp(magic, ELFMAG, SELFMAG) != 0) {
    return Refusal(path, "is not a shared library; build the plugin again");
  }
  Header header, own;
  if (!ReadAt(file, 0, header)) return Refusal(path, "is cut off within its first bytes; build or copy it again");
  // This program itself shows what the machine runs.
  if (!ReadAt(OpenToRead("/proc/self/exe"), 0, own)) return Unreadable("/proc/self/exe", errno);
  if (!SameMachine(header, own)) {
    return Refusal(path, fmt::format("is built for {}, this host for {}; build it for this machine",
                                     MachineName(header), MachineName(own)));
  }
  if (header.e_type != ET_DYN) return Refusal(path, "is not a shared library; link the plugin with -shared");
  if (uint64_t size = MappedSize(file, header); size > static_cast<uint64_t>(info.st_size)) {
    return Refusal(
        path, fmt::format("is cut off: it has {} of at least {} bytes; build or copy it again", info.st_size, size));
  }
  return absl::OkStatus();
}

}  // namespace tomada
