// Where the payload types of google.protobuf.Any are looked up.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace tomada::json {

// Null: the pool and the factory of the message that holds the Any. Both must outlive the call. Those of
// google.protobuf are known in any case.
struct AnyTypes {
  const google::protobuf::DescriptorPool* pool = nullptr;
  google::protobuf::MessageFactory* factory = nullptr;
};

}  // namespace tomada::json
