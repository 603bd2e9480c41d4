#include "descriptor_set.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/descriptor_database.h>

namespace tomada::grpc_client {

using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::ServiceDescriptor;

constexpr int kMaxFiles = 10'000;
constexpr char kHowToMake[] = "make it with protoc --include_imports --descriptor_set_out=FILE";

// Gives files by their names and nothing else: all of them are loaded by these. protobuf's own database prints what two
// files have in common.
class DescriptorSet::Files final : public google::protobuf::DescriptorDatabase {
 public:
  // The first of a name counts.
  void Add(const FileDescriptorProto& file) { files_.try_emplace(file.name(), file); }

  bool FindFileByName(const std::string& name, FileDescriptorProto* file) override {
    auto found = files_.find(name);
    if (found != files_.end()) *file = found->second;
    return found != files_.end();
  }
  bool FindFileContainingSymbol(const std::string&, FileDescriptorProto*) override { return false; }
  bool FindFileContainingExtension(const std::string&, int, FileDescriptorProto*) override { return false; }

  // Their names, imports first; without those that import themselves, by way of others or not, and those that import
  // one that does.
  std::vector<std::string> Sorted() const {
    std::map<std::string, size_t> waiting;  // for how many imports
    std::map<std::string, std::vector<std::string>> importers;
    std::vector<std::string> sorted;
    for (const auto& [name, file] : files_) {
      for (const std::string& import : file.dependency()) {
        if (!files_.contains(import)) continue;
        ++waiting[name];
        importers[import].push_back(name);
      }
      if (!waiting.contains(name)) sorted.push_back(name);
    }
    for (size_t i = 0; i < sorted.size(); ++i) {
      for (const std::string& importer : importers[sorted[i]]) {
        if (--waiting[importer] == 0) sorted.push_back(importer);
      }
    }
    return sorted;
  }

 private:
  std::map<std::string, FileDescriptorProto> files_;
};

// Keeps the first thing that is wrong with each file, and protobuf from printing it.
class DescriptorSet::Errors final : public google::protobuf::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element, const google::protobuf::Message*, ErrorLocation,
                const std::string& message) override {
    const std::string place = element == file ? file : fmt::format("{}: {}", file, element);
    by_file_.try_emplace(file, fmt::format("{}: {}", place, message));
  }
  // Of one that nobody tried to understand: why not.
  const std::string& Of(const std::string& file) {
    return by_file_.try_emplace(file, fmt::format("{}: recursively imports itself, or a file that does", file))
        .first->second;
  }

 private:
  std::map<std::string, std::string> by_file_;
};

DescriptorSet::DescriptorSet(std::string name, std::string remedy)
    : name_(std::move(name)),
      remedy_(std::move(remedy)),
      files_(std::make_unique<Files>()),
      errors_(std::make_unique<Errors>()),
      pool_(std::make_unique<google::protobuf::DescriptorPool>(files_.get(), errors_.get())),
      factory_(std::make_unique<google::protobuf::DynamicMessageFactory>(pool_.get())) {}

DescriptorSet::~DescriptorSet() = default;

absl::StatusOr<std::string> ReadDescriptors(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return absl::NotFoundError(
        fmt::format("cannot read the descriptor set {}: {}; {}", file, std::strerror(errno), kHowToMake));
  }
  std::string bytes;
  char buffer[64 << 10];
  while (stream.read(buffer, sizeof buffer), stream.gcount() > 0) {
    bytes.append(buffer, static_cast<size_t>(stream.gcount()));
    if (bytes.size() > kMaxDescriptors) {
      return absl::InvalidArgumentError(
          fmt::format("the descriptor set {} is larger than {} MiB; {}", file, kMaxDescriptors >> 20, kHowToMake));
    }
  }
  return bytes;
}

absl::StatusOr<std::unique_ptr<DescriptorSet>> DescriptorSet::Load(const std::string& file) {
  const absl::StatusOr<std::string> bytes = ReadDescriptors(file);
  if (!bytes.ok()) return bytes.status();
  FileDescriptorSet files;
  if (!files.ParseFromString(*bytes) || files.file().empty()) {
    return absl::InvalidArgumentError(fmt::format("{} is not a descriptor set; {}", file, kHowToMake));
  }
  std::unique_ptr<DescriptorSet> set(new DescriptorSet(fmt::format("the descriptor set {}", file), kHowToMake));
  if (absl::Status built = set->Build(files); !built.ok()) return built;
  return set;
}

absl::StatusOr<std::unique_ptr<DescriptorSet>> DescriptorSet::FromReflection(const FileDescriptorSet& files,
                                                                             const std::string& target) {
  std::unique_ptr<DescriptorSet> set(
      new DescriptorSet(fmt::format("the reflection of {}", target), "give a descriptor_set in its place"));
  if (absl::Status built = set->Build(files); !built.ok()) return built;
  return set;
}

absl::Status DescriptorSet::Build(const FileDescriptorSet& files) {
  if (files.file_size() > kMaxFiles) {
    return absl::InvalidArgumentError(fmt::format("{} has more than {} files", name_, kMaxFiles));
  }
  for (const FileDescriptorProto& file : files.file()) files_->Add(file);
  // protobuf follows imports by recursion, which a chain of thousands does not survive: one by one, imports first.
  std::map<std::string, const FileDescriptor*> built;
  for (const std::string& name : files_->Sorted()) built[name] = pool_->FindFileByName(name);
  std::set<std::string> seen;
  for (const FileDescriptorProto& proto : files.file()) {
    if (!seen.insert(proto.name()).second) continue;
    const FileDescriptor* file = built[proto.name()];
    const std::string before = proto.package().empty() ? "" : proto.package() + ".";
    for (int i = 0; file == nullptr && i < proto.service_size(); ++i) {
      left_out_.try_emplace(before + proto.service(i).name(), errors_->Of(proto.name()));
    }
    for (int i = 0; file != nullptr && i < file->service_count(); ++i) services_.push_back(file->service(i));
  }
  if (!services_.empty()) return absl::OkStatus();
  if (left_out_.empty()) return absl::InvalidArgumentError(fmt::format("{} has no service", name_));
  return NotComplete(left_out_.begin()->second);
}

absl::Status DescriptorSet::NotComplete(const std::string& cause) const {
  return absl::InvalidArgumentError(fmt::format("{} is not complete: {}; {}", name_, cause, remedy_));
}

absl::StatusOr<std::vector<const ServiceDescriptor*>> DescriptorSet::Services(
    const std::vector<std::string>& names) const {
  if (names.empty()) return services_;
  std::vector<const ServiceDescriptor*> found;
  for (const std::string& name : names) {
    const ServiceDescriptor* service = pool_->FindServiceByName(name);
    auto left_out = left_out_.find(name);
    if (service == nullptr && left_out != left_out_.end()) return NotComplete(left_out->second);
    if (service == nullptr) {
      std::vector<std::string> known;
      for (const ServiceDescriptor* each : services_) known.push_back(each->full_name());
      return absl::NotFoundError(fmt::format("{} has no service {}; it has {}", name_, name, fmt::join(known, ", ")));
    }
    found.push_back(service);
  }
  return found;
}

const google::protobuf::Message* DescriptorSet::Prototype(const google::protobuf::Descriptor& type) {
  return factory_->GetPrototype(&type);
}

}  // namespace tomada::grpc_client
