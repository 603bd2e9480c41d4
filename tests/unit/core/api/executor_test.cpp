#include "tomada/executor.h"

#include <vector>

#include <gtest/gtest.h>

namespace tomada::testing {
namespace {

using Coroutines = std::vector<std::coroutine_handle<>>;

class Recorder : public Executor {
 public:
  void Post(std::coroutine_handle<>) override { FAIL() << "one wake-up for each coroutine"; }
  void PostAll(std::span<const std::coroutine_handle<>> coroutines) override {
    posted.emplace_back(coroutines.begin(), coroutines.end());
  }

  bool InThread() const override { return false; }

  std::vector<Coroutines> posted;
};

// Told apart by address, never resumed.
std::coroutine_handle<> Handle(uintptr_t number) {
  return std::coroutine_handle<>::from_address(reinterpret_cast<void*>(number * 64));
}

TEST(ResumeBatch, PostsOnceToEachExecutorInTheOrderOfAdding) {
  Recorder a, b;
  ResumeBatch batch;
  batch.Add(a, Handle(1));
  batch.Add(b, Handle(2));
  batch.Add(a, Handle(3));
  EXPECT_TRUE(a.posted.empty());
  batch.Flush();
  EXPECT_EQ(a.posted, (std::vector<Coroutines>{{Handle(1), Handle(3)}}));
  EXPECT_EQ(b.posted, (std::vector<Coroutines>{{Handle(2)}}));
}

TEST(ResumeBatch, PostsNothingTwice) {
  Recorder executor;
  ResumeBatch batch;
  batch.Add(executor, Handle(1));
  batch.Flush();
  batch.Flush();
  batch.Add(executor, Handle(2));
  batch.Flush();
  EXPECT_EQ(executor.posted, (std::vector<Coroutines>{{Handle(1)}, {Handle(2)}}));
}

TEST(ResumeBatch, AnExecutorThatIsGoneIsNotTouched) {
  ResumeBatch batch;
  {
    Recorder gone;
    batch.Add(gone, Handle(1));
    batch.Flush();
  }
  Recorder executor;
  batch.Add(executor, Handle(2));
  batch.Flush();
  EXPECT_EQ(executor.posted, (std::vector<Coroutines>{{Handle(2)}}));
}

}  // namespace
}  // namespace tomada::testing
