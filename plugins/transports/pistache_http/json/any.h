#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string>

#include "json/any_types.h"

namespace tomada::json {

// `any` has the shape of google.protobuf.Any (FormOf in json/well_known.h).

// A new message of the type that `type_url` names behind its last slash; null when it is unknown.
std::unique_ptr<google::protobuf::Message> NewAnyPayload(const std::string& type_url,
                                                         const google::protobuf::Message& any, const AnyTypes& types);

void SetAny(const std::string& type_url, const google::protobuf::Message& payload, google::protobuf::Message* any);

// Fields of google.protobuf.Any.
const std::string& AnyTypeUrl(const google::protobuf::Message& any);
const std::string& AnyValue(const google::protobuf::Message& any);

}  // namespace tomada::json
