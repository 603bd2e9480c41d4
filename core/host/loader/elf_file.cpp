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
using Section = ElfW(Shdr);
using Note = ElfW(Nhdr);

// Some compilers write one for each function.
constexpr int kMostNotes = 1 << 16;

// Does not wait for what is no file, as a pipe.
UniqueFd OpenToRead(const char* path) { return UniqueFd(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)); }

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

uint64_t RoundedUp(uint64_t size, uint64_t unit) { return (size + unit - 1) / unit * unit; }

// The name or description of a note; empty when the file ends before it is whole.
std::string TextAt(const UniqueFd& file, uint64_t offset, uint32_t size) {
  std::string text(size, '\0');
  const bool whole = ::pread(file.get(), text.data(), size, static_cast<off_t>(offset)) == ssize_t{size};
  return whole ? text : std::string();
}

// What one reading looks for, and how many notes it may still pass.
struct NoteSearch {
  std::string name;  // with its NUL
  uint32_t type;
  int left = kMostNotes;
};

// The note's description; empty when the section, which is within the file, does not hold it.
absl::StatusOr<std::string> FindNote(const std::filesystem::path& path, const UniqueFd& file, const Section& section,
                                     NoteSearch& search) {
  const uint64_t unit = section.sh_addralign == 8 ? 8 : 4;
  const uint64_t end = section.sh_offset + section.sh_size;
  Note note;
  for (uint64_t at = section.sh_offset; at + sizeof note <= end;) {
    if (--search.left < 0) return Refusal(path, fmt::format("has more than {} notes; build it again", kMostNotes));
    if (!ReadAt(file, at, note)) return Unreadable(path, errno);
    const uint64_t description = at + RoundedUp(sizeof note + note.n_namesz, unit);
    if (note.n_type == search.type && note.n_namesz == search.name.size() &&
        TextAt(file, at + sizeof note, note.n_namesz) == search.name) {
      if (note.n_descsz > kLongestElfNote || description + note.n_descsz > end) {
        return Refusal(path, fmt::format("its note of type {} is damaged: it claims {} bytes; build or copy it again",
                                         note.n_type, note.n_descsz));
      }
      return TextAt(file, description, note.n_descsz);
    }
    at = description + RoundedUp(note.n_descsz, unit);
  }
  return std::string();
}

}  // namespace

absl::Status CheckElfFile(const std::filesystem::path& path) {
  UniqueFd file = OpenToRead(path.c_str());
  struct stat info;
  if (!file || ::fstat(file.get(), &info) != 0) return Unreadable(path, errno);
  if (!S_ISREG(info.st_mode)) return Refusal(path, "is not a regular file; put the plugin's library in its place");

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

absl::StatusOr<std::string> ReadElfNote(const std::filesystem::path& path, std::string_view owner, uint32_t type) {
  UniqueFd file = OpenToRead(path.c_str());
  struct stat info;
  if (!file || ::fstat(file.get(), &info) != 0) return Unreadable(path, errno);
  const uint64_t size = info.st_size;
  Header header;
  if (!ReadAt(file, 0, header)) return Unreadable(path, errno);

  NoteSearch search{std::string(owner) + '\0', type};
  for (uint64_t i = 0; i < header.e_shnum; ++i) {
    Section section;
    const bool read = ReadAt(file, header.e_shoff + i * sizeof section, section);
    if (read && section.sh_type != SHT_NOTE) continue;
    if (!read || section.sh_offset > size || section.sh_size > size - section.sh_offset)
      return Refusal(path, "is cut off or damaged: its sections are not within it; build or copy it again");
    absl::StatusOr<std::string> found = FindNote(path, file, section, search);
    if (!found.ok() || !found->empty()) return found;
  }
  return std::string();
}

std::string MakeElfNote(std::string_view owner, uint32_t type, std::string_view description) {
  const Note note{static_cast<uint32_t>(owner.size() + 1), static_cast<uint32_t>(description.size()), type};
  std::string bytes(reinterpret_cast<const char*>(&note), sizeof note);
  bytes += owner;
  bytes.resize(RoundedUp(bytes.size() + 1, 4));
  bytes += description;
  bytes.resize(RoundedUp(bytes.size(), 4));
  return bytes;
}

}  // namespace tomada
