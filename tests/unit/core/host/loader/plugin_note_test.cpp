#include "loader/plugin_note.h"

#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "loader/elf_file.h"
#include "support/temp_dir.h"
#include "tomada/abi.h"

namespace tomada {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

// Of a library that is nothing but its notes.
struct NoteFile {
  ElfW(Ehdr) header{};
  std::vector<ElfW(Shdr)> sections;
  std::string contents;  // behind the sections

  explicit NoteFile(const std::vector<std::string>& notes) {
    std::ifstream("/proc/self/exe", std::ios::binary).read(reinterpret_cast<char*>(&header), sizeof header);
    header.e_type = ET_DYN;
    header.e_phnum = 0;
    header.e_shoff = sizeof header;
    header.e_shnum = static_cast<uint16_t>(notes.size());
    for (const std::string& bytes : notes) {
      ElfW(Shdr) section{};
      section.sh_type = SHT_NOTE;
      section.sh_addralign = 4;
      section.sh_offset = sizeof header + notes.size() * sizeof section + contents.size();
      section.sh_size = bytes.size();
      sections.push_back(section);
      contents += bytes;
    }
  }
  std::string Bytes() const {
    std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
    bytes.append(reinterpret_cast<const char*>(sections.data()), sections.size() * sizeof sections[0]);
    return bytes + contents;
  }
};

class PluginNoteTest : public ::testing::Test {
 protected:
  std::string Read(const NoteFile& file, PluginNote note = PluginNote::kStamp) const {
    return Read(file.Bytes(), note);
  }
  std::string Read(const std::string& bytes, PluginNote note = PluginNote::kStamp) const {
    return ReadAt(folder_.Write("lib.so", bytes), note);
  }
  // What is read, or the error without the file's name.
  static std::string ReadAt(const std::filesystem::path& path, PluginNote note = PluginNote::kStamp) {
    absl::StatusOr<std::string> read = ReadPluginNote(path, note);
    if (read.ok()) return *read;
    EXPECT_TRUE(absl::IsFailedPrecondition(read.status()));
    const std::string message(read.status().message());
    EXPECT_TRUE(message.starts_with(path.string() + ": ")) << message;
    return message.substr(message.find(": "));
  }

  const testing::TempDir folder_;
  const std::string stamp_ = MakePluginNote(PluginNote::kStamp, "contract 0");
};

TEST_F(PluginNoteTest, ThePluginMacroWritesTheStamp) {
  const std::filesystem::path folder = TOMADA_FIXTURE_PLUGINS;
  EXPECT_EQ(ReadAt(folder / "good/libfixture_store.so"), TOMADA_ABI_STAMP);
  EXPECT_EQ(ReadAt(folder / "good/libfixture_store.so", PluginNote::kText), "");
  EXPECT_EQ(ReadAt(folder / "broken/libnewer_contract.so").substr(0, 15), "contract 1000, ");
  EXPECT_EQ(ReadAt(folder / "broken/libmissing_symbol.so"), "");
}

TEST_F(PluginNoteTest, IsReadAsItWasMade) {
  for (size_t size : {1, 2, 3, 4, 5, 65536}) {
    const std::string text(size, 'x');
    EXPECT_EQ(Read(NoteFile({MakePluginNote(PluginNote::kText, text)}), PluginNote::kText), text);
  }
}

TEST_F(PluginNoteTest, IsFoundAmongOthers) {
  // As gcc writes its property note: in units of eight bytes.
  std::string property = MakeElfNote("GNU", 5, std::string(12, '\1')) + std::string(4, '\0');
  NoteFile file({property + property, MakeElfNote("GNU", 1, "contract 1") + MakeElfNote("Tomad", 1, "contract 2"),
                 MakeElfNote("Tomadas", 1, "contract 3") + MakePluginNote(PluginNote::kText, "text") + stamp_,
                 MakePluginNote(PluginNote::kStamp, "a second one")});
  file.sections[0].sh_addralign = 8;
  EXPECT_EQ(Read(file), "contract 0");
  EXPECT_EQ(Read(file, PluginNote::kText), "text");
  EXPECT_EQ(Read(file, PluginNote::kJson), "");
}

TEST_F(PluginNoteTest, OthersMayBeDamaged) {
  std::string damaged = MakeElfNote("GNU", 1, "x");
  damaged[4] = '\xff';  // more than the section holds
  EXPECT_EQ(Read(NoteFile({damaged, "short", "", stamp_})), "contract 0");
}

TEST_F(PluginNoteTest, NoteThatClaimsTooMuch) {
  for (uint32_t size : {11u + 2, 65537u, std::numeric_limits<uint32_t>::max()}) {
    std::string note = stamp_;
    note.replace(4, sizeof size, reinterpret_cast<const char*>(&size), sizeof size);
    EXPECT_EQ(Read(NoteFile({note})),
              fmt::format(": its note of type 1 is damaged: it claims {} bytes; build or copy it again", size));
  }
  EXPECT_THAT(Read(NoteFile({MakePluginNote(PluginNote::kStamp, std::string(65537, 'x'))})), HasSubstr("65537 bytes"));
}

TEST_F(PluginNoteTest, SectionsThatAreNotWithinTheFile) {
  const std::string refusal = ": is cut off or damaged: its sections are not within it; build or copy it again";
  constexpr auto kMost = std::numeric_limits<uint64_t>::max();
  for (uint64_t far : {uint64_t{4096}, kMost - 8, kMost}) {
    NoteFile size({stamp_}), offset({stamp_}), table({stamp_});
    size.sections[0].sh_size = far;
    EXPECT_EQ(Read(size), refusal) << far;
    offset.sections[0].sh_offset = far;
    EXPECT_EQ(Read(offset), refusal) << far;
    table.header.e_shoff = far;
    EXPECT_EQ(Read(table), refusal) << far;
  }
  NoteFile many({stamp_});
  many.sections[0].sh_type = SHT_PROGBITS;
  many.header.e_shnum = 65535;
  EXPECT_EQ(Read(many), refusal);
  const std::string whole = NoteFile({MakePluginNote(PluginNote::kStamp, std::string(64, 'x'))}).Bytes();
  EXPECT_EQ(Read(whole.substr(0, whole.size() - 1)), refusal);
}

TEST_F(PluginNoteTest, EndlessNotes) {
  NoteFile file({std::string(1 << 20, '\0')});
  EXPECT_EQ(Read(file), ": has more than 65536 notes; build it again");
}

TEST_F(PluginNoteTest, NoLibrary) {
  EXPECT_EQ(Read("#!/bin/sh\n"), ": is not a shared library; build the plugin again");
  EXPECT_EQ(Read(NoteFile({stamp_}).Bytes().substr(0, 30)),
            ": is cut off within its first bytes; build or copy it again");
  NoteFile other({stamp_});
  other.header.e_ident[EI_CLASS] = ELFCLASS32;
  EXPECT_THAT(Read(other), HasSubstr(": is built for 32-bit"));
  other = NoteFile({stamp_});
  other.header.e_ident[EI_DATA] = ELFDATA2MSB;
  EXPECT_THAT(Read(other), EndsWith("build it for this machine"));

  EXPECT_EQ(ReadAt(folder_.path()), ": is not a regular file; put the plugin's library in its place");
  const std::filesystem::path pipe = folder_.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(ReadAt(pipe), ": is not a regular file; put the plugin's library in its place");
}

TEST_F(PluginNoteTest, NoPermission) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const std::filesystem::path file = folder_.Write("lib.so", NoteFile({stamp_}).Bytes());
  ASSERT_EQ(::chmod(file.c_str(), 0), 0);
  EXPECT_EQ(ReadAt(file), ": cannot be read (Permission denied); let the user of this process read it");
}

TEST(CheckStamp, NamesWhatDiffersAndWhatToDo) {
  const std::string own = TOMADA_ABI_STAMP;
  EXPECT_TRUE(CheckStamp("lib.so", own).ok());
  const std::string what_to_do = "; build it again against this host's headers, or run the host that it was built for";
  // The parts of our own stamp, and another build's.
  const size_t compiler = own.find(", ") + 2;
  const std::string contract = own.substr(0, compiler - 2);
  EXPECT_EQ(CheckStamp("lib.so", "contract 3, " + own.substr(compiler)).message(),
            fmt::format("lib.so: was built for contract 3, this host for {}{}", contract, what_to_do));
  const size_t library = own.find(", ", compiler) + 2;
  const std::string gcc = own.substr(compiler, library - 2 - compiler);
  EXPECT_EQ(CheckStamp("lib.so", "contract 3, gcc 3, " + own.substr(library)).message(),
            fmt::format("lib.so: was built for contract 3, gcc 3, this host for {}, {}{}", contract, gcc, what_to_do));
  // One that has only more than ours.
  EXPECT_EQ(CheckStamp("lib.so", own + ", more").message(),
            fmt::format("lib.so: was built for more, this host for {}{}", own, what_to_do));
  EXPECT_THAT(std::string(CheckStamp("lib.so", "\x1b[2J" + std::string(1000, 'x')).message()),
              HasSubstr("for ?[2J" + std::string(196, 'x') + ", this host"));
}

}  // namespace
}  // namespace tomada
