// Which header fields are metadata, and how its values are written in them (gRPC's PROTOCOL-HTTP2.md, RFC 9110). Names
// are lower case throughout.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tomada/call.h"

namespace tomada::rpc {

// What gRPC lets a name consist of: digits, letters and "-_.".
bool IsMetadataName(std::string_view name);
// That, and none of gRPC's own, as "grpc-timeout": a name for handlers and clients.
bool IsCustomName(std::string_view name);
// Ends in "-bin": the value is any bytes, and travels as base64.
bool IsBinaryName(std::string_view name);
// What gRPC lets a value that is not binary consist of: printable ASCII.
bool IsAsciiValue(std::string_view value);
// Whether gRPC can carry it for a handler or a client: all of the above. Given others, its C core aborts the process.
bool IsCustomMetadata(const Metadata::Entry& entry);

// About one connection only, or the framing of one message (RFC 9110, 7.6.1): never metadata.
bool IsHopByHop(std::string_view name);
// A Connection field with this value names it: then it is for this hop only.
bool IsNominated(std::string_view connection, std::string_view name);

// What an HTTP field's value may consist of where it is passed on: tabs too. Line ends would forge further fields.
bool IsFieldValue(std::string_view value);

// The value of a field as metadata has it; nothing when it is none: broken base64, or not ASCII.
std::optional<std::string> FromField(std::string_view name, std::string_view value);
// The inverse, for a value that is custom metadata. Base64 is without padding, as gRPC wants it sent.
std::string ToField(const Metadata::Entry& entry);

}  // namespace tomada::rpc
