// The services of a server whose code is not here.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include <absl/status/statusor.h>

namespace tomada::grpc_client {

// The most that a file with descriptors may have, and that a server may say of itself; the latter as it lies in memory,
// where it is several times as large as on the wire.
inline constexpr size_t kMaxDescriptors = 64 << 20;

// The bytes of a file with a descriptor set. NOT_FOUND when it cannot be read, INVALID_ARGUMENT when it is too large.
absl::StatusOr<std::string> ReadDescriptors(const std::string& file);

// A pool of its own, the well-known types included, and messages made from it: a different version of the same .proto
// elsewhere in the process is no conflict. A file that cannot be understood (a syntax that came after this protobuf, a
// missing import, a name that another file has too) takes no other with it but those that import it. Descriptors and
// prototypes live as long as this.
class DescriptorSet {
 public:
  // Reads a google.protobuf.FileDescriptorSet that contains all its imports. INVALID_ARGUMENT when it has no service
  // that can be understood. The error names the file and what to do.
  static absl::StatusOr<std::unique_ptr<DescriptorSet>> Load(const std::string& file);
  // What the server `target` has said of itself.
  static absl::StatusOr<std::unique_ptr<DescriptorSet>> FromReflection(const google::protobuf::FileDescriptorSet& files,
                                                                       const std::string& target);
  ~DescriptorSet();

  // The services of these full names, or all when `names` is empty. NOT_FOUND names one that is not there, and those
  // that are; INVALID_ARGUMENT one that cannot be understood, and why.
  absl::StatusOr<std::vector<const google::protobuf::ServiceDescriptor*>> Services(
      const std::vector<std::string>& names) const;

  // Those of its files that cannot be understood, by their full names, each with the cause.
  const std::map<std::string, std::string>& left_out() const { return left_out_; }

  // What messages of this type, of this set, are made from.
  const google::protobuf::Message* Prototype(const google::protobuf::Descriptor& type);

 private:
  // For messages: what this is, and what to do when it is wrong.
  DescriptorSet(std::string name, std::string remedy);
  absl::Status Build(const google::protobuf::FileDescriptorSet& files);
  absl::Status NotComplete(const std::string& cause) const;

  const std::string name_, remedy_;
  class Files;
  class Errors;
  const std::unique_ptr<Files> files_;
  const std::unique_ptr<Errors> errors_;
  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  std::unique_ptr<google::protobuf::DynamicMessageFactory> factory_;
  std::vector<const google::protobuf::ServiceDescriptor*> services_;
  std::map<std::string, std::string> left_out_;
};

}  // namespace tomada::grpc_client
