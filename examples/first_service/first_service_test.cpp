// The plugin as it is built, on a real store, without a host.
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "first_service.pb.h"
#include "tomada/service_client.h"
#include "tomada/store.h"
#include "tomada/testing/await.h"
#include "tomada/testing/test_call.h"
#include "tomada/testing/test_host.h"

namespace first_service {
namespace {

class FirstServiceTest : public ::testing::Test {
 protected:
  absl::Status Save(const std::string& id, const std::string& text) {
    Note request, saved;
    request.set_id(id);
    request.set_text(text);
    return executor_.Run(client_.Unary<Note, Note>("Save")(call_, request, saved));
  }
  absl::Status Find(const std::string& id, Note& note) {
    FindRequest request;
    request.set_id(id);
    return executor_.Run(client_.Unary<FindRequest, Note>("Find")(call_, request, note));
  }

  tomada::testing::TestHost host_;
  tomada::Store& store_ = host_.Start<tomada::Store>("store", "memory_store");
  tomada::ServiceProvider& provider_ = host_.Start<tomada::ServiceProvider>(
      "first_service", PLUGIN, {{"max_text", "8"}}, {{"store", {{"store", &store_}}}});
  tomada::ServiceClient client_ =
      tomada::ServiceClient::Find({{"first_service", &provider_}},
                                  *Note::descriptor()->file()->FindServiceByName("FirstService"),
                                  tomada::Logger(host_.log, "test"))
          .value();
  tomada::testing::TestExecutor executor_;
  tomada::testing::TestCall call_{executor_};
};

TEST_F(FirstServiceTest, WhatWasSavedIsFound) {
  Note note;
  EXPECT_EQ(Find("a", note).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Save("a", "hello"), absl::OkStatus());
  EXPECT_EQ(Save("a", "again"), absl::OkStatus());
  EXPECT_EQ(Find("a", note), absl::OkStatus());
  EXPECT_EQ(note.text(), "again");
}

TEST_F(FirstServiceTest, WhatIsWrongIsNamed) {
  EXPECT_EQ(Save("a", "nine bytes").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(Save("", "hello").message().find("id"), std::string::npos);
  EXPECT_NE(Save("a", "").message().find("text"), std::string::npos);
}

TEST_F(FirstServiceTest, AListHasEveryNoteOnce) {
  for (int i = 0; i < 250; ++i) EXPECT_EQ(Save(std::to_string(i), "hello"), absl::OkStatus());
  std::map<std::string, int> times;
  tomada::FunctionWriter<Note> each([&](const Note& note) {
    ++times[note.id()];
    return absl::OkStatus();
  });
  ListRequest request;
  EXPECT_EQ(executor_.Run(client_.ServerStreaming<ListRequest, Note>("List")(call_, request, each)), absl::OkStatus());
  EXPECT_EQ(times.size(), 250u);
  for (const auto& [id, count] : times) EXPECT_EQ(count, 1) << id;
}

}  // namespace
}  // namespace first_service
