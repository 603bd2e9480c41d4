// Any bytes from an HTTP client: reading them must not crash, hang or grow, and must give the same requests however the
// network cuts them.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/server/http1_parser.h"

namespace {

using namespace tomada::net;

// The limit of the headers is out of reach: by how many bytes one may pass it depends on how they are cut.
Limits SmallLimits() {
  Limits limits{};
  limits.max_header_size = 64 << 10;
  limits.max_body_size = 256;
  return limits;
}

// The requests in `bytes`, fed `step` at a time, as text, up to one that is refused. When it is refused does not count:
// a mistake may be seen before the line it is in has ended.
std::string Read(std::string_view bytes, size_t step) {
  const Limits limits = SmallLimits();
  RequestPool pool(std::make_unique<Request>);
  RequestPtr request;
  std::optional<Http1Parser> parser;
  std::string text, input;
  while (!bytes.empty()) {
    input += bytes.substr(0, step);
    bytes.remove_prefix(std::min(step, bytes.size()));
    while (!input.empty()) {
      if (!parser) {
        request = pool.Take();
        parser.emplace(*request, limits);
      }
      size_t used = parser->Put(input);
      input.erase(0, used);
      if (parser->refusal().status != 0) return text;
      if (request->body.size() > limits.max_body_size) std::abort();
      if (!parser->complete() && used == 0) break;
      if (!parser->complete()) continue;
      text += std::string(request->method) + " " + std::string(request->target) + "\n";
      for (const Header& header : request->headers) {
        text += std::string(header.name) + ": " + std::string(header.value) + "\n";
      }
      text += std::to_string(request->body.size()) + request->body + (parser->keep_alive_wanted() ? "k\n" : "c\n");
      parser.reset();
    }
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = Read(bytes, size);
  for (size_t step : {1, 7}) {
    if (Read(bytes, step) == whole) continue;
    std::fprintf(stderr, "http1_fuzz: other requests when the bytes are cut every %zu\n", step);
    std::abort();
  }
  return 0;
}
