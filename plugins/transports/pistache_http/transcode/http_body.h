// google.api.HttpBody: a message that stands for bytes of any media type, which go as they are and not as JSON.
#pragma once

#include <string_view>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace tomada::pistache_http {

struct Content {
  std::string_view type;  // as in Content-Type; empty when that is left out
  std::string_view data;
};

// By the full name and the fields, as descriptors may come from a stranger.
bool IsHttpBody(const google::protobuf::Descriptor& type);

// Of a message that is one. A type that may not stand in a header becomes application/octet-stream, and so does one
// that is left out where there is data.
Content ReadHttpBody(const google::protobuf::Message& message);
void SetHttpBody(const Content& content, google::protobuf::Message* message);

}  // namespace tomada::pistache_http
