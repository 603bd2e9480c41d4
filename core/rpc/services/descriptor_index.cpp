#include "rpc/services/descriptor_index.h"

#include <algorithm>

namespace tomada::rpc {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

void DescriptorIndex::Add(const google::protobuf::ServiceDescriptor& service) {
  services_.push_back(service.full_name());
  AddFile(*service.file());
}

void DescriptorIndex::AddFile(const FileDescriptor& file) {
  if (!files_.emplace(file.name(), &file).second) return;
  if (std::find(pools_.begin(), pools_.end(), file.pool()) == pools_.end()) pools_.push_back(file.pool());
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i));
}

bool DescriptorIndex::Has(const FileDescriptor* file) const {
  return file != nullptr && FileNamed(file->name()) == file;
}

const FileDescriptor* DescriptorIndex::FileNamed(const std::string& name) const {
  auto found = files_.find(name);
  return found == files_.end() ? nullptr : found->second;
}

const FileDescriptor* DescriptorIndex::FileWithSymbol(const std::string& full_name) const {
  for (const DescriptorPool* pool : pools_) {
    const FileDescriptor* file = pool->FindFileContainingSymbol(full_name);
    if (Has(file)) return file;
  }
  return nullptr;
}

const Descriptor* DescriptorIndex::Message(const std::string& full_name) const {
  for (const DescriptorPool* pool : pools_) {
    const Descriptor* message = pool->FindMessageTypeByName(full_name);
    if (message != nullptr && Has(message->file())) return message;
  }
  return nullptr;
}

const FileDescriptor* DescriptorIndex::FileWithExtension(const std::string& message, int number) const {
  const Descriptor* extended = Message(message);
  if (extended == nullptr) return nullptr;
  const FieldDescriptor* extension = extended->file()->pool()->FindExtensionByNumber(extended, number);
  return extension != nullptr && Has(extension->file()) ? extension->file() : nullptr;
}

std::vector<int> DescriptorIndex::ExtensionsOf(const Descriptor& message) const {
  std::vector<const FieldDescriptor*> extensions;
  message.file()->pool()->FindAllExtensions(&message, &extensions);
  std::vector<int> numbers;
  for (const FieldDescriptor* extension : extensions) {
    if (Has(extension->file())) numbers.push_back(extension->number());
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace tomada::rpc
