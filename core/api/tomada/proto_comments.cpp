#include "tomada/proto_comments.h"

#include <link.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

namespace tomada {
namespace {

namespace pb = google::protobuf;

// As cmake/proto_comments.cpp.in has them.
constexpr std::string_view kOwner("Tomada\0", 7);  // with its NUL, as the note has it
constexpr uint32_t kComments = 4;

constexpr size_t Padded(size_t size) { return (size + 3) & ~size_t{3}; }

// Calls `found` with each FileDescriptorSet that the segment, which is loaded for ever, has in a note of ours.
template <class Found>
void ReadNotes(std::string_view segment, Found found) {
  ElfW(Nhdr) header;
  while (segment.size() >= sizeof(header)) {
    std::memcpy(&header, segment.data(), sizeof(header));
    segment.remove_prefix(sizeof(header));
    const size_t name = Padded(header.n_namesz), whole = name + Padded(header.n_descsz);
    if (whole > segment.size()) return;
    if (header.n_type == kComments && segment.substr(0, header.n_namesz) == kOwner)
      found(segment.substr(name, header.n_descsz));
    segment.remove_prefix(whole);
  }
}

int AddSetsOf(dl_phdr_info* library, size_t, void* sets) {
  for (int i = 0; i < library->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = library->dlpi_phdr[i];
    // Notes of another alignment, such as the GNU properties, are padded in another way, and none of them is ours.
    if (header.p_type != PT_NOTE || header.p_align > 4) continue;
    const auto* begin = reinterpret_cast<const char*>(library->dlpi_addr + header.p_vaddr);
    ReadNotes({begin, header.p_memsz},
              [&](std::string_view set) { static_cast<std::vector<std::string_view>*>(sets)->push_back(set); });
  }
  return 0;
}

// Libraries of generated code are never unloaded, so what they hold stays.
std::vector<std::string_view> AllSets() {
  std::vector<std::string_view> sets;
  ::dl_iterate_phdr(AddSetsOf, &sets);
  return sets;
}

using pb::internal::WireFormatLite;

constexpr uint32_t TagOf(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

// The next of a set; nothing behind the last one.
bool NextFile(std::string_view& set, std::string_view& file) {
  pb::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(set.data()), static_cast<int>(set.size()));
  int size = 0;
  if (stream.ReadTag() != TagOf(pb::FileDescriptorSet::kFileFieldNumber) || !stream.ReadVarintSizeAsInt(&size)) {
    return false;
  }
  const auto begin = static_cast<size_t>(stream.CurrentPosition());
  if (set.size() - begin < static_cast<size_t>(size)) return false;
  file = set.substr(begin, static_cast<size_t>(size));
  set.remove_prefix(begin + file.size());
  return true;
}

// protoc writes the name first: so only the file that is looked for is read whole.
bool IsNamed(std::string_view file, const std::string& name) {
  pb::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(file.data()), static_cast<int>(file.size()));
  std::string read;
  return stream.ReadTag() == TagOf(pb::FileDescriptorProto::kNameFieldNumber) &&
         WireFormatLite::ReadString(&stream, &read) && read == name;
}

// A process has one file of a name among its generated code.
pb::SourceCodeInfo CommentsInLibraries(const std::string& name) {
  pb::FileDescriptorProto found;
  for (std::string_view set : AllSets()) {
    for (std::string_view file; NextFile(set, file);) {
      if (IsNamed(file, name) && found.ParseFromArray(file.data(), static_cast<int>(file.size())))
        return std::move(*found.mutable_source_code_info());
    }
  }
  return {};
}

}  // namespace

pb::FileDescriptorProto WithComments(const pb::FileDescriptor& file) {
  pb::FileDescriptorProto proto;
  file.CopyTo(&proto);
  if (file.pool() == pb::DescriptorPool::generated_pool()) {
    *proto.mutable_source_code_info() = CommentsInLibraries(file.name());
  } else {
    file.CopySourceCodeInfoTo(&proto);
  }
  pb::SourceCodeInfo commented;
  for (pb::SourceCodeInfo::Location& location : *proto.mutable_source_code_info()->mutable_location()) {
    if (location.has_leading_comments() || location.has_trailing_comments()) *commented.add_location() = location;
  }
  proto.clear_source_code_info();
  if (commented.location_size() > 0) *proto.mutable_source_code_info() = std::move(commented);
  return proto;
}

}  // namespace tomada
