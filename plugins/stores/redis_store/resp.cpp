#include "resp.h"

#include <charconv>

#include <fmt/format.h>
#include <hiredis/hiredis.h>

namespace tomada::redis_store {
namespace {

// Far over the largest answer to any command of ours: a record of the largest value, or a page of the longest ids.
constexpr size_t kMaxReply = 16 << 20;

void AppendHeader(std::string& out, char type, size_t number) {
  char digits[24];
  digits[0] = type;
  char* end = std::to_chars(digits + 1, digits + 22, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(digits, end);
}

}  // namespace

CommandWriter::CommandWriter(std::string& out, size_t arguments) : out_(out) { AppendHeader(out_, '*', arguments); }

CommandWriter& CommandWriter::Add(std::string_view argument) {
  AppendHeader(out_, '$', argument.size());
  out_.append(argument).append("\r\n");
  return *this;
}

CommandWriter& CommandWriter::Add(int64_t argument) {
  char digits[20];
  return Add(std::string_view(digits, std::to_chars(digits, digits + sizeof digits, argument).ptr));
}

std::string EncodeCommand(std::initializer_list<std::string_view> arguments) {
  std::string command;
  CommandWriter writer(command, arguments.size());
  for (std::string_view argument : arguments) writer.Add(argument);
  return command;
}

ReplyType Reply::type() const { return node().type; }

std::string_view Reply::text() const {
  const Node& n = node();
  return n.type > ReplyType::kError ? std::string_view() : std::string_view(buffer_->text).substr(n.number, n.size);
}

int64_t Reply::integer() const { return type() == ReplyType::kInteger ? node().number : 0; }
size_t Reply::size() const { return type() == ReplyType::kArray ? node().number : 0; }

Reply Reply::operator[](size_t i) const {
  uint32_t index = index_ + 1;
  if (node().next == index + node().number)
    return Reply(*buffer_, index + static_cast<uint32_t>(i));  // no arrays in it
  for (; i > 0; --i) index = buffer_->nodes[index].next;
  return Reply(*buffer_, index);
}

// What hiredis calls for each element, in the order of the bytes. It wants an object for each and never looks at it.
struct ReplyParser::Functions {
  static void* Push(const redisReadTask* task, ReplyType type, int64_t number, size_t size) {
    static char object;
    static_cast<ReplyParser*>(task->privdata)->buffer_.nodes.push_back(Reply::Node{type, 0, number, size});
    return &object;
  }
  static void* String(const redisReadTask* task, char* text, size_t size) {
    std::string& all = static_cast<ReplyParser*>(task->privdata)->buffer_.text;
    const size_t offset = all.size();
    all.append(text, size);
    const ReplyType type = task->type == REDIS_REPLY_STATUS  ? ReplyType::kStatus
                           : task->type == REDIS_REPLY_ERROR ? ReplyType::kError
                                                             : ReplyType::kString;
    return Push(task, type, offset, size);
  }
  static void* Array(const redisReadTask* task, int elements) { return Push(task, ReplyType::kArray, elements, 0); }
  static void* Integer(const redisReadTask* task, long long number) {
    return Push(task, ReplyType::kInteger, number, 0);
  }
  static void* Nil(const redisReadTask* task) { return Push(task, ReplyType::kNil, 0, 0); }
  static void Free(void*) {}

  static inline redisReplyObjectFunctions table{String, Array, Integer, Nil, Free};
};

ReplyParser::ReplyParser() : reader_(redisReaderCreateWithFunctions(&Functions::table), redisReaderFree) {
  reader_->privdata = this;
}
ReplyParser::~ReplyParser() = default;

absl::Status ReplyParser::Feed(std::string_view bytes) {
  if (reader_->len - reader_->pos + buffer_.text.size() > kMaxReply) {
    return absl::DataLossError("the server's reply is larger than any that was asked for");
  }
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) == REDIS_OK) return absl::OkStatus();
  return absl::DataLossError("the server's bytes are no Redis protocol");
}

absl::StatusOr<std::optional<Reply>> ReplyParser::Next() {
  if (complete_) {
    buffer_.nodes.clear();
    buffer_.text.clear();
    complete_ = false;
  }
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
    return absl::DataLossError("the server's bytes are no Redis protocol");
  }
  if (!reply) return std::nullopt;
  complete_ = true;
  // Backwards, so that what an array holds is known before the array.
  std::vector<Reply::Node>& nodes = buffer_.nodes;
  for (uint32_t i = static_cast<uint32_t>(nodes.size()); i-- > 0;) {
    nodes[i].next = i + 1;
    if (nodes[i].type != ReplyType::kArray) continue;
    for (int64_t element = 0; element < nodes[i].number; ++element) nodes[i].next = nodes[nodes[i].next].next;
  }
  return Reply(buffer_, 0);
}

}  // namespace tomada::redis_store
