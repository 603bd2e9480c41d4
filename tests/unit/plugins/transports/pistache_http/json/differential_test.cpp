// Against protobuf's own library, which is right about valid texts.
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "codec_test.h"
#include "random_message.h"

namespace tomada::json {
namespace {

using google::protobuf::util::JsonStringToMessage;
using google::protobuf::util::MessageDifferencer;
using google::protobuf::util::MessageToJsonString;
using ::protojson_test::AllKinds;

constexpr int kMessages = 2000;
constexpr int kDepth = 4;

AllKinds RandomMessage(int seed) {
  std::mt19937 random(seed);
  AllKinds message;
  FillRandomly(random, kDepth, &message);
  return message;
}

TEST(Differential, TheLibraryReadsWhatWePrint) {
  for (int seed = 0; seed < kMessages; ++seed) {
    AllKinds message = RandomMessage(seed), read;
    PrintOptions options;
    options.emit_defaults = seed % 2 == 1;
    options.proto_names = seed % 3 == 1;
    std::string text = Printed(message, options);
    auto status = JsonStringToMessage(text, &read);
    ASSERT_TRUE(status.ok()) << "seed " << seed << ": " << status.ToString() << "\n" << text;
    ASSERT_TRUE(MessageDifferencer::Equals(message, read)) << "seed " << seed << "\n" << text;
  }
}

TEST(Differential, WeReadWhatTheLibraryPrints) {
  for (int seed = 0; seed < kMessages; ++seed) {
    AllKinds message = RandomMessage(seed), read;
    google::protobuf::util::JsonPrintOptions options;
    options.always_print_primitive_fields = seed % 2 == 1;
    options.preserve_proto_field_names = seed % 3 == 1;
    options.add_whitespace = seed % 5 == 1;
    std::string text;
    ASSERT_TRUE(MessageToJsonString(message, &text, options).ok());
    ASSERT_EQ(What(Parse(text, &read)), "OK") << "seed " << seed << "\n" << text;
    ASSERT_TRUE(MessageDifferencer::Equals(message, read)) << "seed " << seed << "\n" << text;
  }
}

TEST(Differential, RoundTrip) {
  for (int seed = 0; seed < kMessages; ++seed) {
    AllKinds message = RandomMessage(seed), read;
    std::string text = Printed(message);
    ASSERT_EQ(What(Parse(text, &read)), "OK") << "seed " << seed << "\n" << text;
    ASSERT_TRUE(MessageDifferencer::Equals(message, read)) << "seed " << seed << "\n" << text;
    ASSERT_EQ(Printed(read), text);
  }
}

}  // namespace
}  // namespace tomada::json
