// What the profile `local` costs before anybody asks it anything. Of a release build: others are built to be looked at.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "integration/admin/running.h"
#include "support/process_usage.h"
#include "support/temp_dir.h"

namespace tomada::testing {
namespace {

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__OPTIMIZE__)

using std::chrono::milliseconds;

// How long the threads of a process have waited for a core in all: the fault of what else the machine does.
milliseconds WaitedForACore(const Process& process) {
  uint64_t waited = 0;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process.pid()) + "/task")) {
    std::ifstream times(thread.path() / "schedstat");
    if (uint64_t ran, delayed; times >> ran >> delayed) waited += delayed;
  }
  return milliseconds(waited / 1'000'000);
}

// CPU time of a process and of the children that it has waited for.
milliseconds CpuTime(const Process& process) {
  std::ifstream stat("/proc/" + std::to_string(process.pid()) + "/stat");
  std::string word;
  long ticks = 0;
  for (int field = 1; field <= 17 && stat >> word; ++field) {
    if (field >= 14) ticks += std::stol(word);
  }
  return milliseconds(1000 * ticks / ::sysconf(_SC_CLK_TCK));
}

// The best of several starts: without what it waited for a core, and by the CPU time that it took.
TEST(Footprint, LocalIsReadyInUnder300Milliseconds) {
  constexpr milliseconds kLimit(300);
  TempDir data;
  milliseconds best = milliseconds::max(), cpu = milliseconds::max();
  for (int start = 0; start < 10 && std::max(best, cpu) >= kLimit; ++start) {
    const auto begin = std::chrono::steady_clock::now();
    Running host("local", {{"TOMADA_DATA", data.path()}}, {kAnyHttp, kAnyGrpc});
    host.process().WaitForLine("host: ready");
    const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
    best = std::min(best, took - WaitedForACore(host.process()));
    cpu = std::min(cpu, CpuTime(host.process()));
    host.process().Signal(SIGTERM);
    EXPECT_EQ(host.process().Wait(), 0);
  }
  EXPECT_LT(best, kLimit);
  EXPECT_LT(cpu, kLimit);
}

TEST(Footprint, LocalHoldsUnder40MegabytesWhileIdle) {
  TempDir data;
  Running host("local", {{"TOMADA_DATA", data.path()}}, {kAnyHttp, kAnyGrpc});
  EXPECT_EQ(host.GetUntil("/readyz", 200).status, 200);
  EXPECT_EQ(HttpClient(host.AddressOf("http")).Request("GET", "/usuarios/nenhum").status, 404);
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_LT(ResidentBytesOf(host.process().pid()), 40'000u << 10);
  EXPECT_GT(ResidentBytesOf(host.process().pid()), 1'000u << 10) << "it was measured";
}

#endif

}  // namespace
}  // namespace tomada::testing
