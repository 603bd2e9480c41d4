// RESP2, the protocol of Redis (redis.io/docs/reference/protocol-spec): commands written, replies read. What is read
// goes into one flat buffer that is used again for each reply, so that a steady flow of replies allocates nothing.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

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

enum class ReplyType : uint8_t {
  kString,
  kStatus,
  kError,
  kInteger,
  kNil,
  kArray,
  kTooLong,  // longer than ReplyLimits::kept: nothing of it was kept
};

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

// What a reply may be, however long the server says that it is.
struct ReplyLimits {
  // Bytes of memory. A longer reply is read to its end, takes no memory, and is kTooLong. The largest answers to
  // commands of ours are a record of 2 MiB and a page of 1001 ids.
  size_t kept = 4 << 20;
  // Bytes of the reply itself; a longer one is an error. Redis keeps strings of up to 512 MB.
  size_t read = size_t{600} << 20;
};

// Bytes in, replies out. Not thread-safe.
class ReplyParser {
 public:
  explicit ReplyParser(ReplyLimits limits = {}) : limits_(limits) {}

  void Feed(std::string_view bytes);
  // The next whole reply; nothing when more bytes are needed. Valid until the next call. Once it has failed nothing can
  // be read any more: DATA_LOSS when the bytes are no RESP2, RESOURCE_EXHAUSTED when the reply is longer than any may
  // be.
  absl::StatusOr<std::optional<Reply>> Next();
  // Bytes fed and not yet read, which are perhaps another reply.
  bool has_more() const { return at_ < bytes_.size(); }

 private:
  static constexpr size_t kMaxDepth = 8;  // of arrays within arrays

  bool Step();
  bool TakeLine();
  bool TakeText();
  bool BeginText(int64_t length);
  bool BeginArray(int64_t length);
  void Keep(ReplyType type, int64_t number, size_t size);
  bool Reserve(size_t kept, size_t read);
  bool EndElement();
  bool Fail(absl::Status status);
  Reply Complete();

  const ReplyLimits limits_;
  std::string bytes_;
  size_t at_ = 0;  // of bytes_: what is before it has been read

  Reply::Buffer buffer_;
  bool complete_ = false;               // buffer_ holds a reply that Next gave, or is about to
  bool too_long_ = false;               // nothing of the reply is kept
  size_t read_ = 0;                     // bytes of the reply, as far as their number is known
  int64_t elements_left_[kMaxDepth]{};  // of each open array
  size_t depth_ = 0;                    // open arrays
  bool in_text_ = false;                // of a string whose length was read
  size_t text_left_ = 0;
  absl::Status status_;
};

}  // namespace tomada::redis_store
