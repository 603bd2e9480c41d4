// Path values, query and body in three lines. What is bound is a message that can be sent on, and the same for the same
// request; what is refused says so in plain characters.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <mapping_test.pb.h>

#include <absl/strings/match.h>

#include "fuzz/require.h"
#include "json/print.h"
#include "transcode/binding.h"

namespace {

using namespace tomada::pistache_http;
using mapping_test::Params;

Binding Make(const HttpRule& rule) {
  return Binding::Make(*Params::descriptor(), rule, *PathTemplate::Parse(rule.path), {}).value();
}

const std::vector<Binding>& Bindings() {
  static const auto* bindings =
      new std::vector<Binding>{Make({"GET", "/{text}", "", ""}), Make({"PATCH", "/{nested.text}", "nested", ""}),
                               Make({"POST", "/{choice_a}", "*", ""}), Make({"POST", "/{time}", "list", ""})};
  return *bindings;
}

std::string_view TakeLine(std::string_view& text) {
  size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> path{std::string(TakeLine(text))};
  auto query = ParseQuery(TakeLine(text));
  if (!query) return 0;
  for (const Binding& binding : Bindings()) {
    Params message, again, copy;
    absl::Status status = binding.Bind(path, *query, Content{"", text}, &message);
    Require(binding.Bind(path, *query, Content{"", text}, &again) == status, "another answer");
    if (!status.ok()) {
      Require(status.code() == absl::StatusCode::kInvalidArgument, "another code");
      Require(IsPlain({status.message().data(), status.message().size()}), "an error with other characters");
      continue;
    }
    std::string bytes, printed, reprinted;
    Require(message.SerializeToString(&bytes) && copy.ParseFromString(bytes), "a message that cannot be sent on");
    const absl::Status form = tomada::json::Print(message, &printed);
    // A mask in a URL may have the .proto file's names, and JSON has no form for some of those, such as a_1.
    Require(form.ok() || absl::StrContains(form.message(), "mask"), "a message without a JSON form");
    Require(tomada::json::Print(again, &reprinted) == form, "another message without a JSON form");
    Require(printed == reprinted, "another message");
  }
  return 0;
}
