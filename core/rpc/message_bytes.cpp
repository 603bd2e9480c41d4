#include "rpc/message_bytes.h"

#include <zlib.h>

#include <absl/cleanup/cleanup.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>

namespace tomada::rpc {
namespace {

using google::protobuf::Message;

// All of `bytes`, inflated; their first ones tell gzip from zlib's format.
absl::StatusOr<std::string> Inflate(std::string_view bytes, size_t max_message) {
  constexpr size_t kStep = 16 << 10;
  constexpr int kEitherFormat = MAX_WBITS + 32;
  z_stream stream{};
  if (::inflateInit2(&stream, kEitherFormat) != Z_OK) return absl::ResourceExhaustedError("no memory to inflate with");
  const absl::Cleanup end = [&stream] { ::inflateEnd(&stream); };
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string inflated;
  int result = Z_OK;
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
  } while (result == Z_OK);
  if (result != Z_STREAM_END || stream.avail_in > 0) {
    return absl::InternalError("the server's answer cannot be inflated");
  }
  return inflated;
}

}  // namespace

std::string Frame(const Message& message) {
  const size_t size = message.ByteSizeLong();
  std::string framed(kPrefix + size, '\0');
  for (size_t i = 1; i < kPrefix; ++i) framed[i] = static_cast<char>(size >> 8 * (kPrefix - 1 - i) & 255);
  message.SerializeToArray(framed.data() + kPrefix, static_cast<int>(size));
  return framed;
}

size_t FramedSize(std::string_view prefix) {
  size_t size = 0;
  for (size_t i = 1; i < kPrefix; ++i) size = size << 8 | static_cast<unsigned char>(prefix[i]);
  return size;
}

absl::Status Parse(std::string_view framed, size_t max_message, Message& message) {
  std::string_view bytes = framed.substr(kPrefix);
  absl::StatusOr<std::string> inflated;
  if (framed[0] != 0) {
    inflated = Inflate(bytes, max_message);
    if (!inflated.ok()) return inflated.status();
    bytes = *inflated;
  }
  if (message.ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  return absl::InternalError(fmt::format("the server's answer is not a valid {}", message.GetTypeName()));
}

}  // namespace tomada::rpc
