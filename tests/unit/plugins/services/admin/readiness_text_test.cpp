#include "readiness_text.h"

#include <gtest/gtest.h>

#include "fake_host.h"

namespace tomada::admin {
namespace {

const Deadline kNow{std::chrono::hours(1)};

TEST(ReadinessLine, SaysWhyNot) {
  EXPECT_EQ(ReadinessLine({true, {}}), "ready\n");
  EXPECT_EQ(ReadinessLine({false, "http <- store: refused"}), "not ready: http <- store: refused\n");
}

TEST(ComponentLines, GoFromTheComponentToTheCause) {
  std::vector<ComponentStatus> components = {Status("usuarios", "grpc_client", ComponentState::kNotReady),
                                             Status("http", "pistache_http", ComponentState::kNotReady)};
  for (ComponentStatus& component : components) {
    component.reason = "127.0.0.1:50051: connection refused";
    component.next_try = kNow + std::chrono::milliseconds(1230);
  }
  components[1].through = {"usuarios"};
  EXPECT_EQ(ComponentLines(components, kNow),
            "usuarios not ready <- 127.0.0.1:50051: connection refused, next try in 1.2 s (since "
            "2026-11-24T11:22:33.5Z)\n"
            "http not ready <- grpc_client usuarios <- 127.0.0.1:50051: connection refused, next try in 1.2 s (since "
            "2026-11-24T11:22:33.5Z)\n");
}

TEST(ComponentLines, OfAReadyOneSayOnlySinceWhen) {
  EXPECT_EQ(ComponentLines({Status("store", "memory_store", ComponentState::kReady)}, kNow),
            "store ready (since 2026-11-24T11:22:33.5Z)\n");
}

TEST(ComponentLines, APluginCalledAsItsIdIsNamedOnceAndATryThatIsDueIsNotCounted) {
  ComponentStatus store = Status("store", "cached_store", ComponentState::kDegraded);
  store.through = {"redis_store"};
  store.reason = "refused";
  store.next_try = kNow - std::chrono::seconds(1);
  EXPECT_EQ(ComponentLines({store, Status("redis_store", "redis_store", ComponentState::kReady)}, kNow),
            "store degraded <- redis_store <- refused (since 2026-11-24T11:22:33.5Z)\n"
            "redis_store ready (since 2026-11-24T11:22:33.5Z)\n");
}

}  // namespace
}  // namespace tomada::admin
