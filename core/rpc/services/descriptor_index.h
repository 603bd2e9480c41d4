// The .proto files behind a set of services, whichever pool they are in.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>

namespace tomada::rpc {

// Knows the files of the services it was given and everything those import; nothing else of their pools. Where two
// pools have a file of one name, the service added first decides. Fill it before it is used by several threads.
class DescriptorIndex {
 public:
  void Add(const google::protobuf::ServiceDescriptor& service);

  // Full names, in the order of Add.
  const std::vector<std::string>& services() const { return services_; }

  // Each nullptr when there is none.
  const google::protobuf::FileDescriptor* FileNamed(const std::string& name) const;
  const google::protobuf::FileDescriptor* FileWithSymbol(const std::string& full_name) const;
  const google::protobuf::FileDescriptor* FileWithExtension(const std::string& message, int number) const;
  // Nullptr when there is no such message type.
  const google::protobuf::Descriptor* Message(const std::string& full_name) const;
  // Field numbers of the extensions of a message type, ascending.
  std::vector<int> ExtensionsOf(const google::protobuf::Descriptor& message) const;

 private:
  void AddFile(const google::protobuf::FileDescriptor& file);
  bool Has(const google::protobuf::FileDescriptor* file) const;

  std::vector<std::string> services_;
  std::map<std::string, const google::protobuf::FileDescriptor*> files_;
  std::vector<const google::protobuf::DescriptorPool*> pools_;
};

}  // namespace tomada::rpc
