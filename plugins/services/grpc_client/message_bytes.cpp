#include "message_bytes.h"

#include <string>

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <zlib.h>

#include <absl/cleanup/cleanup.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>

namespace tomada::grpc_client {
namespace {

using google::protobuf::Message;
using google::protobuf::io::ZeroCopyInputStream;

absl::Status Invalid(const Message& message) {
  return absl::InternalError(fmt::format("the server's answer is not a valid {}", message.GetTypeName()));
}

// All of `bytes`, inflated; their first ones tell gzip from zlib's format.
absl::StatusOr<std::string> Inflate(ZeroCopyInputStream& bytes, size_t max_message) {
  constexpr size_t kStep = 16 << 10;
  constexpr int kEitherFormat = MAX_WBITS + 32;
  const absl::Status invalid = absl::InternalError("the server's answer cannot be inflated");
  z_stream stream{};
  if (::inflateInit2(&stream, kEitherFormat) != Z_OK) return absl::ResourceExhaustedError("no memory to inflate with");
  const absl::Cleanup end = [&stream] { ::inflateEnd(&stream); };
  std::string inflated;
  const void* piece = nullptr;
  int size = 0, result = Z_OK;
  while (bytes.Next(&piece, &size)) {
    stream.next_in = static_cast<Bytef*>(const_cast<void*>(piece));
    stream.avail_in = static_cast<uInt>(size);
    do {
      const size_t before = inflated.size();
      inflated.resize(before + kStep);
      stream.next_out = reinterpret_cast<Bytef*>(inflated.data() + before);
      stream.avail_out = kStep;
      result = ::inflate(&stream, Z_NO_FLUSH);
      inflated.resize(before + kStep - stream.avail_out);
      if (inflated.size() > max_message) {
        return absl::ResourceExhaustedError(
            fmt::format("the server's answer has more than {} bytes when it is inflated", max_message));
      }
    } while (result == Z_OK && stream.avail_out == 0);
    if (result == Z_STREAM_END ? stream.avail_in > 0 : result != Z_OK && result != Z_BUF_ERROR) return invalid;
  }
  if (result != Z_STREAM_END) return invalid;
  return inflated;
}

absl::Status ParseCompressed(ZeroCopyInputStream& bytes, size_t max_message, Message& message) {
  absl::StatusOr<std::string> inflated = Inflate(bytes, max_message);
  if (!inflated.ok()) return inflated.status();
  return message.ParsePartialFromString(*inflated) ? absl::OkStatus() : Invalid(message);
}

class BytesReader : public grpc::ProtoBufferReader {
 public:
  using ProtoBufferReader::ProtoBufferReader;
  bool compressed() { return status().ok() && reader()->buffer_in->data.raw.compression != GRPC_COMPRESS_NONE; }
};

}  // namespace

absl::Status Parse(grpc::ByteBuffer& bytes, size_t max_message, Message& message) {
  absl::Status status;
  {
    BytesReader reader(&bytes);
    if (reader.compressed()) {
      status = ParseCompressed(reader, max_message, message);
    } else if (!reader.status().ok() || !message.ParsePartialFromZeroCopyStream(&reader)) {
      status = Invalid(message);
    }
  }
  bytes.Clear();
  return status;
}

absl::Status Parse(std::string_view framed, size_t max_message, Message& message) {
  const std::string_view bytes = framed.substr(kPrefix);
  const int size = static_cast<int>(bytes.size());
  if (framed[0] != 0) {
    google::protobuf::io::ArrayInputStream compressed(bytes.data(), size);
    return ParseCompressed(compressed, max_message, message);
  }
  return message.ParsePartialFromArray(bytes.data(), size) ? absl::OkStatus() : Invalid(message);
}

}  // namespace tomada::grpc_client
