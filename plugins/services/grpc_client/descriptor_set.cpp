#include "descriptor_set.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tomada::grpc_client {

using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::ServiceDescriptor;

constexpr char kHowToMake[] = "make it with protoc --include_imports --descriptor_set_out=FILE";

// Keeps protobuf from printing what is wrong with a file.
class DescriptorSet::FirstError final : public google::protobuf::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element, const google::protobuf::Message*, ErrorLocation,
                const std::string& message) override {
    if (text_.empty()) text_ = fmt::format("{}: {}: {}", file, element, message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

DescriptorSet::DescriptorSet(std::string name, std::string remedy)
    : name_(std::move(name)),
      remedy_(std::move(remedy)),
      first_error_(std::make_unique<FirstError>()),
      pool_(std::make_unique<google::protobuf::DescriptorPool>(&database_, first_error_.get())),
      factory_(std::make_unique<google::protobuf::DynamicMessageFactory>(pool_.get())) {}

DescriptorSet::~DescriptorSet() = default;

absl::StatusOr<std::unique_ptr<DescriptorSet>> DescriptorSet::Load(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return absl::NotFoundError(
        fmt::format("cannot read the descriptor set {}: {}; {}", file, std::strerror(errno), kHowToMake));
  }
  FileDescriptorSet files;
  if (!files.ParseFromIstream(&stream) || files.file().empty()) {
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
  for (const FileDescriptorProto& file : files.file()) database_.Add(file);
  for (const FileDescriptorProto& proto : files.file()) {
    const FileDescriptor* file = pool_->FindFileByName(proto.name());
    if (file == nullptr) {
      return absl::InvalidArgumentError(
          fmt::format("{} is not complete: {}; {}", name_, first_error_->text(), remedy_));
    }
    for (int i = 0; i < file->service_count(); ++i) services_.push_back(file->service(i));
  }
  if (services_.empty()) return absl::InvalidArgumentError(fmt::format("{} has no service", name_));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<const ServiceDescriptor*>> DescriptorSet::Services(
    const std::vector<std::string>& names) const {
  if (names.empty()) return services_;
  std::vector<const ServiceDescriptor*> found;
  for (const std::string& name : names) {
    const ServiceDescriptor* service = pool_->FindServiceByName(name);
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
