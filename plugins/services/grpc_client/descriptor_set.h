// The services of a server whose code is not here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/dynamic_message.h>

#include <absl/status/statusor.h>

namespace tomada::grpc_client {

// A pool of its own, the well-known types included, and messages made from it: a different version of the same .proto
// elsewhere in the process is no conflict. Descriptors and prototypes live as long as this.
class DescriptorSet {
 public:
  // Reads a google.protobuf.FileDescriptorSet that contains all its imports. The error names the file and what to do.
  static absl::StatusOr<std::unique_ptr<DescriptorSet>> Load(const std::string& file);
  // What the server `target` has said of itself.
  static absl::StatusOr<std::unique_ptr<DescriptorSet>> FromReflection(const google::protobuf::FileDescriptorSet& files,
                                                                       const std::string& target);
  ~DescriptorSet();

  // The services of these full names, or all when `names` is empty. NOT_FOUND names one that is not there, and those
  // that are.
  absl::StatusOr<std::vector<const google::protobuf::ServiceDescriptor*>> Services(
      const std::vector<std::string>& names) const;

  // What messages of this type, of this set, are made from.
  const google::protobuf::Message* Prototype(const google::protobuf::Descriptor& type);

 private:
  // For messages: what this is, and what to do when it is wrong.
  DescriptorSet(std::string name, std::string remedy);
  absl::Status Build(const google::protobuf::FileDescriptorSet& files);

  const std::string name_, remedy_;
  google::protobuf::SimpleDescriptorDatabase database_;
  class FirstError;
  std::unique_ptr<FirstError> first_error_;
  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  std::unique_ptr<google::protobuf::DynamicMessageFactory> factory_;
  std::vector<const google::protobuf::ServiceDescriptor*> services_;
};

}  // namespace tomada::grpc_client
