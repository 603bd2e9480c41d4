// RESP2, the protocol of Redis: commands written, replies read. The parser is hiredis's; what it reads goes into one
// flat buffer that is used again for each reply, so that a steady flow of replies allocates nothing.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

struct redisReader;

namespace tomada::redis_store {

// Appends one command to `out`: the number of its arguments first, then each of them.
class CommandWriter {
 public:
  CommandWriter(std::string& out, size_t arguments);
  CommandWriter& Add(std::string_view argument);
  CommandWriter& Add(int64_t argument);

 private:
  std::string& out_;
};

// One command of whole arguments: for the few that are not on the hot path.
std::string EncodeCommand(std::initializer_list<std::string_view> arguments);

enum class ReplyType : uint8_t { kString, kStatus, kError, kInteger, kNil, kArray };

// A reply or an element of one. Valid until the parser reads on.
class Reply {
 public:
  ReplyType type() const;
  // Of a string, a status or an error; empty for any other.
  std::string_view text() const;
  // Of an integer; 0 for any other.
  int64_t integer() const;
  // How many elements an array has; 0 for any other.
  size_t size() const;
  // Element `i` of an array.
  Reply operator[](size_t i) const;

 private:
  friend class ReplyParser;
  struct Node {
    ReplyType type;
    uint32_t next;   // index of the node after this one and all that it holds
    int64_t number;  // the integer, the offset of the text, or the number of elements
    size_t size;     // of the text
  };
  struct Buffer {
    std::vector<Node> nodes;
    std::string text;
  };
  Reply(const Buffer& buffer, uint32_t index) : buffer_(&buffer), index_(index) {}
  const Node& node() const { return buffer_->nodes[index_]; }

  const Buffer* buffer_;
  uint32_t index_;
};

// Bytes in, replies out. Not thread-safe.
class ReplyParser {
 public:
  ReplyParser();
  ~ReplyParser();

  // DATA_LOSS when the bytes are no RESP2, or a reply is larger than any that is asked for; nothing can be read then.
  absl::Status Feed(std::string_view bytes);
  // The next whole reply; nothing when more bytes are needed. Valid until the next call.
  absl::StatusOr<std::optional<Reply>> Next();

 private:
  struct Functions;

  Reply::Buffer buffer_;
  bool complete_ = false;  // buffer_ holds a reply that Next gave
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader_;
};

}  // namespace tomada::redis_store
