// Whatever is accepted prints as a text that is accepted, means the same and prints the same again.
#include <google/protobuf/struct.pb.h>
#include <protojson_proto2_test.pb.h>
#include <protojson_test.pb.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "json/parse.h"
#include "json/print.h"

namespace {

using tomada::json::Parse;
using tomada::json::ParseOptions;
using tomada::json::Print;

template <typename Message>
void RoundTrip(std::string_view text, const ParseOptions& options) {
  Message message, again;
  if (!Parse(text, &message, options).ok()) return;
  std::string printed, reprinted;
  // Nothing that is read lacks a form.
  if (!Print(message, &printed).ok()) std::abort();
  if (!Parse(printed, &again).ok() || !Print(again, &reprinted).ok()) std::abort();
  if (printed != reprinted || message.SerializeAsString().size() != again.SerializeAsString().size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> paths;
  ParseOptions ignoring;
  ignoring.ignore_unknown_fields = true;
  ignoring.present_paths = &paths;
  RoundTrip<protojson_test::AllKinds>(text, {});
  RoundTrip<protojson_test::AllKinds>(text, ignoring);
  RoundTrip<protojson_proto2_test::Legacy>(text, {});
  RoundTrip<google::protobuf::Value>(text, {});

  protojson_test::AllKinds message;
  const auto* type = protojson_test::AllKinds::descriptor();
  auto index = static_cast<int>(size % type->field_count());
  (void)tomada::json::ParseScalar(text, &message, type->field(index));
  return 0;
}
