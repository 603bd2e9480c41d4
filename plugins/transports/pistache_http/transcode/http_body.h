// google.api.HttpBody: bytes of any media type, which are sent as they are and not as JSON.
#pragma once

#include <string_view>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace tomada::pistache_http {

struct Content {
  std::string_view type;  // Content-Type; empty for none
  std::string_view data;
};

// By its full name and fields: descriptors may come from another server, where this name may be another type.
bool IsHttpBody(const google::protobuf::Descriptor& type);

// `message` is an HttpBody. A type that cannot be a header's value becomes application/octet-stream, and so does an
// empty one when there is data.
Content ReadHttpBody(const google::protobuf::Message& message);
void SetHttpBody(const Content& content, google::protobuf::Message* message);

}  // namespace tomada::pistache_http
