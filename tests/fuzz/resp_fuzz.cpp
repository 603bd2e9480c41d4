// Any bytes from a Redis server: reading them must not crash, hang or grow, and must give the same replies however the
// network cuts them. What is a string is read as a record, a unique key's owner, and a page token too.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fuzz/require.h"
#include "page_token.h"
#include "record_codec.h"
#include "resp.h"

namespace {

using namespace tomada::redis_store;

// All of a reply as text that tells it from any other; looks at each element both ways there are.
void Append(const Reply& reply, std::string& text) {
  text += static_cast<char>('0' + static_cast<int>(reply.type()));
  text += std::to_string(reply.integer()) + ":" + std::to_string(reply.text().size()) + ":";
  text += reply.text();
  for (size_t i = 0; i < reply.size(); ++i) Append(reply[i], text);
}

// What `bytes` are, fed `step` at a time, up to the first error.
std::string Read(std::string_view bytes, size_t step) {
  ReplyParser parser;
  std::string text;
  while (!bytes.empty()) {
    const std::string_view fed = bytes.substr(0, step);
    bytes.remove_prefix(fed.size());
    parser.Feed(fed);
    for (;;) {
      absl::StatusOr<std::optional<Reply>> reply = parser.Next();
      if (!reply.ok()) return text + "error";
      if (!reply->has_value()) break;
      Append(**reply, text);
    }
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Require(Read(bytes, 1) == Read(bytes, size), "another reply when the bytes are cut otherwise");
  if (auto record = DecodeRecord("id", bytes); record.ok()) Require((*record)->id == "id", "another id");
  DecodeOwner(bytes).status().IgnoreError();
  DecodeToken("seal", bytes).status().IgnoreError();
  return 0;
}
