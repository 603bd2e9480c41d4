#include "connection.h"

#include "byte_stream_end.h"

namespace tomada::redis_store {

absl::Status Connection::Write() {
  size_t taken = 0;
  const bool there = stream_.Write(std::string_view(out_).substr(written_), false, taken);
  if (!there) return WhyEnded(stream_);
  written_ += taken;
  if (written_ < out_.size()) return absl::OkStatus();
  // A buffer that once held much gives its memory back.
  if (out_.capacity() > (1 << 20)) std::string().swap(out_);
  out_.clear();
  written_ = 0;
  return absl::OkStatus();
}

absl::Status Connection::Read(size_t& received) {
  using Result = net::ByteStream::Result;
  char bytes[64 << 10];
  size_t size = 0;
  Result result = stream_.Read(bytes, size);
  for (; result == Result::kSome; result = stream_.ReadHeld(bytes, size)) {
    received += size;
    replies_.Feed(std::string_view(bytes, size));
  }
  return result == Result::kEnd ? WhyEnded(stream_) : absl::OkStatus();
}

}  // namespace tomada::redis_store
