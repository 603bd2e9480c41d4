#include "resp.h"

#include <algorithm>
#include <charconv>

namespace tomada::redis_store {
namespace {

constexpr size_t kMaxLine = 16 << 10;  // a status, an error, a number or a length
constexpr size_t kMinElement = 3;      // "+\r\n"
constexpr size_t kMaxIdleBuffer = 1 << 20;

absl::Status NotResp() { return absl::DataLossError("the server's bytes are no Redis protocol"); }

// Nothing when it is no whole number.
std::optional<int64_t> ParseInteger(std::string_view text) {
  int64_t number;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

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
  size_t size = 16;
  for (std::string_view argument : arguments) size += argument.size() + 16;
  std::string command;
  command.reserve(size);  // so that no part of a password is left where it grew
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

void ReplyParser::Feed(std::string_view bytes) {
  bytes_.erase(0, at_);
  at_ = 0;
  bytes_.append(bytes);
}

absl::StatusOr<std::optional<Reply>> ReplyParser::Next() {
  if (complete_) {
    // A buffer that once held much gives its memory back.
    if (buffer_.text.capacity() > kMaxIdleBuffer) std::string().swap(buffer_.text);
    if (buffer_.nodes.capacity() * sizeof(Reply::Node) > kMaxIdleBuffer) std::vector<Reply::Node>().swap(buffer_.nodes);
    buffer_.nodes.clear();
    buffer_.text.clear();
    complete_ = too_long_ = false;
    read_ = 0;
  }
  while (Step()) {
    if (complete_) return Complete();
  }
  if (!status_.ok()) return status_;
  return std::nullopt;
}

// One element, or the begin of one; false when more bytes are needed, or it failed.
bool ReplyParser::Step() { return status_.ok() && (in_text_ ? TakeText() : TakeLine()); }

bool ReplyParser::TakeLine() {
  const size_t end = std::min(bytes_.find('\n', at_), bytes_.size());
  if (end - at_ > kMaxLine) return Fail(absl::ResourceExhaustedError("a line of the server's reply does not end"));
  if (end == bytes_.size()) return false;
  std::string_view line = std::string_view(bytes_).substr(at_, end - at_);
  if (line.size() < 2 || line.back() != '\r') return Fail(NotResp());
  line.remove_suffix(1);
  at_ = end + 1;
  const std::string_view rest = line.substr(1);
  if (line.front() == '+' || line.front() == '-') {
    if (!Reserve(rest.size(), line.size())) return false;
    Keep(line.front() == '+' ? ReplyType::kStatus : ReplyType::kError, buffer_.text.size(), rest.size());
    if (!too_long_) buffer_.text.append(rest);
    return EndElement();
  }
  const std::optional<int64_t> number = ParseInteger(rest);
  if (!number) return Fail(NotResp());
  if (!Reserve(0, line.size())) return false;
  switch (line.front()) {
    case ':': Keep(ReplyType::kInteger, *number, 0); return EndElement();
    case '$': return BeginText(*number);
    case '*': return BeginArray(*number);
    default: return Fail(NotResp());
  }
}

bool ReplyParser::BeginText(int64_t length) {
  if (length < -1) return Fail(NotResp());
  if (length == -1) {
    Keep(ReplyType::kNil, 0, 0);
    return EndElement();
  }
  text_left_ = static_cast<size_t>(length);
  if (!Reserve(text_left_, text_left_)) return false;
  Keep(ReplyType::kString, buffer_.text.size(), text_left_);
  in_text_ = true;
  return true;
}

bool ReplyParser::TakeText() {
  const size_t taken = std::min(bytes_.size() - at_, text_left_);
  if (!too_long_) buffer_.text.append(bytes_, at_, taken);
  at_ += taken;
  text_left_ -= taken;
  if (text_left_ > 0 || bytes_.size() - at_ < 2) return false;
  if (bytes_[at_] != '\r' || bytes_[at_ + 1] != '\n') return Fail(NotResp());
  at_ += 2;
  in_text_ = false;
  return EndElement();
}

bool ReplyParser::BeginArray(int64_t length) {
  if (length < -1) return Fail(NotResp());
  if (length == -1) {
    Keep(ReplyType::kNil, 0, 0);
    return EndElement();
  }
  const size_t elements = std::min(static_cast<size_t>(length), limits_.read);
  if (!Reserve(elements * sizeof(Reply::Node), elements * kMinElement)) return false;
  Keep(ReplyType::kArray, length, 0);
  if (length == 0) return EndElement();
  if (depth_ == kMaxDepth) return Fail(absl::DataLossError("the server's reply is nested too deeply"));
  elements_left_[depth_++] = length;
  return true;
}

// Whether the reply may have `read` bytes more. When it would take too much memory to keep `kept` more, nothing is
// kept.
bool ReplyParser::Reserve(size_t kept, size_t read) {
  read_ += read;
  if (read_ > limits_.read) {
    return Fail(absl::ResourceExhaustedError("the server's reply is longer than any that is read"));
  }
  if (!too_long_ && buffer_.text.size() + buffer_.nodes.size() * sizeof(Reply::Node) + kept > limits_.kept) {
    too_long_ = true;
    std::string().swap(buffer_.text);
    std::vector<Reply::Node>().swap(buffer_.nodes);
  }
  return true;
}

void ReplyParser::Keep(ReplyType type, int64_t number, size_t size) {
  if (!too_long_) buffer_.nodes.push_back(Reply::Node{type, 0, number, size});
}

// True, as Step goes on.
bool ReplyParser::EndElement() {
  while (depth_ > 0 && --elements_left_[depth_ - 1] == 0) --depth_;
  complete_ = depth_ == 0;
  return true;
}

bool ReplyParser::Fail(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
  return false;
}

Reply ReplyParser::Complete() {
  std::vector<Reply::Node>& nodes = buffer_.nodes;
  if (too_long_) nodes.assign(1, Reply::Node{ReplyType::kTooLong, 1, 0, 0});
  // Backwards, so that what an array holds is known before the array.
  for (uint32_t i = static_cast<uint32_t>(nodes.size()); i-- > 0;) {
    nodes[i].next = i + 1;
    if (nodes[i].type != ReplyType::kArray) continue;
    for (int64_t element = 0; element < nodes[i].number; ++element) nodes[i].next = nodes[nodes[i].next].next;
  }
  return Reply(buffer_, 0);
}

}  // namespace tomada::redis_store
