#include "tomada/child_call.h"

#include <atomic>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "support/sync.h"

namespace tomada {
namespace {

using testing::TestCall;

class Parent : public TestCall {
 public:
  explicit Parent(std::string request_id = "") : request_id_(std::move(request_id)) {}

 protected:
  void LoadMetadata(Metadata& metadata) override {
    if (!request_id_.empty()) metadata.Add("x-request-id", request_id_);
    metadata.Add("via", "a");
    metadata.Add("via", "b");
  }

 private:
  const std::string request_id_;
};

TEST(ChildCall, HasWhatItsParentHas) {
  Parent parent("r1");
  ChildCall child(parent);
  EXPECT_EQ(&child.executor(), &parent.executor());
  EXPECT_EQ(child.deadline(), parent.deadline());
  EXPECT_EQ(child.id(), "r1");
  EXPECT_EQ(child.metadata().entries(),
            (std::vector<Metadata::Entry>{{"via", "a"}, {"via", "b"}, {"x-request-id", "r1"}}));
  EXPECT_EQ(child.status(), absl::OkStatus());
}

TEST(ChildCall, IsMadeByWhoMadeItsParent) {
  struct Clients final : public TestCall {
    void LoadMetadata(Metadata& metadata) override {
      metadata.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    }
    void LoadPeer(Peer& peer) override { peer.address = "192.0.2.1"; }
  } parent;
  Principal ana;
  ana.name = "ana";
  parent.set_principal(std::make_shared<Principal>(ana));
  parent.set_priority(Priority::kSheddable);
  ChildCall child(parent);
  ASSERT_NE(child.principal(), nullptr);
  EXPECT_EQ(child.principal()->name, "ana");
  EXPECT_EQ(child.peer().address, "192.0.2.1");
  EXPECT_EQ(child.priority(), Priority::kSheddable);
  EXPECT_EQ(child.trace().trace_id, parent.trace().trace_id);
  EXPECT_EQ(child.trace().parent_id, parent.trace().span_id);
  TestCall alone;
  ChildCall untraced(alone);
  EXPECT_FALSE(untraced.traced());
}

TEST(ChildCall, HasTheParentsIdAlsoWhenThatIsARandomOne) {
  Parent parent;
  ChildCall first(parent), second(parent);
  ChildCall grandchild(second);
  EXPECT_EQ(first.id(), parent.id());
  EXPECT_EQ(grandchild.id(), parent.id());
}

TEST(ChildCall, ItsResponseMetadataIsItsOwn) {
  Parent parent;
  parent.response_metadata().Add("etag", "outer");
  ChildCall child(parent);
  EXPECT_EQ(child.response_metadata().Find("etag"), std::nullopt);
  child.response_metadata().Add("etag", "inner");
  EXPECT_EQ(parent.response_metadata().entries().size(), 1u);
}

TEST(ChildCall, EndsWithItsParentForTheSameReason) {
  Parent parent;
  ChildCall child(parent);
  ChildCall grandchild(child);
  absl::Status seen;
  std::stop_callback on_cancel(grandchild.stop_token(), [&] { seen = grandchild.status(); });
  parent.Cancel(absl::DeadlineExceededError("late"));
  EXPECT_TRUE(child.cancelled());
  EXPECT_EQ(child.status(), absl::DeadlineExceededError("late"));
  EXPECT_EQ(seen, absl::DeadlineExceededError("late"));
}

TEST(ChildCall, OfACancelledParentIsCancelled) {
  Parent parent;
  parent.Cancel(absl::CancelledError("gone"));
  EXPECT_EQ(ChildCall(parent).status(), absl::CancelledError("gone"));
}

TEST(ChildCall, DoesNotCancelItsParentNorItsSiblings) {
  Parent parent;
  ChildCall child(parent), sibling(parent);
  child.Cancel(absl::CancelledError("enough"));
  EXPECT_FALSE(parent.cancelled());
  EXPECT_FALSE(sibling.cancelled());
  parent.Cancel(absl::CancelledError("gone"));
  EXPECT_EQ(child.status(), absl::CancelledError("enough"));
  EXPECT_EQ(sibling.status(), absl::CancelledError("gone"));
}

// As when what it waits for resumes the handler inside Cancel, and the handler's end is the child's.
TEST(ChildCall, MayEndInsideTheParentsCancel) {
  Parent parent;
  std::optional<ChildCall> child(std::in_place, parent);
  std::stop_callback on_cancel(child->stop_token(), [&] { child.reset(); });
  parent.Cancel(absl::CancelledError("gone"));
  EXPECT_FALSE(child.has_value());
}

TEST(ChildCall, MayEndWhileItsParentIsCancelled) {
  for (int round = 0; round < 500; ++round) {
    Parent parent;
    std::atomic<bool> begun{false};
    std::jthread canceller([&] {
      begun = true;
      parent.Cancel(absl::CancelledError("gone"));
    });
    while (!begun) std::this_thread::yield();
    ChildCall child(parent);
    EXPECT_TRUE(!child.cancelled() || child.status() == absl::CancelledError("gone"));
  }
}

}  // namespace
}  // namespace tomada
