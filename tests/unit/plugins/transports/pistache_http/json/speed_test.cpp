// The reason for having a codec of our own, besides strictness: it must stay faster than protobuf's, by far. The times
// themselves depend on the machine and are only printed.
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <usuarios.pb.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "json/parse.h"
#include "json/print.h"

namespace tomada::json {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
constexpr bool kTimesMeanSomething = false;
#else
constexpr bool kTimesMeanSomething = true;
#endif

usuarios::Usuario Maria() {
  usuarios::Usuario usuario;
  usuario.set_id("01890a5d-ac96-774b-bcce-b302099a8057");
  usuario.set_nome("Maria da Conceição");
  usuario.set_email("maria@example.com");
  usuario.set_versao("1");
  usuario.mutable_criado_em()->set_seconds(1'700'000'000);
  usuario.mutable_atualizado_em()->set_seconds(1'700'000'000);
  return usuario;
}

// Nanoseconds a call, the best of several rounds, as others use the machine too.
template <typename Work>
double BestTime(Work work) {
  constexpr int kRounds = 20, kCalls = 500;
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    auto begin = std::chrono::steady_clock::now();
    for (int call = 0; call < kCalls; ++call) work();
    std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - begin;
    best = std::min(best, time.count() / kCalls);
  }
  return best;
}

TEST(Speed, PrintingAndParsingBeatTheLibrary) {
  if (!kTimesMeanSomething) GTEST_SKIP() << "only in optimized builds without sanitizers";
  usuarios::Usuario usuario = Maria();
  std::string text, scratch;
  ASSERT_TRUE(Print(usuario, &text).ok());

  double print = BestTime([&] {
    scratch.clear();
    ASSERT_TRUE(Print(usuario, &scratch).ok());
  });
  double library_print = BestTime([&] {
    scratch.clear();
    (void)google::protobuf::util::MessageToJsonString(usuario, &scratch);
  });
  double parse = BestTime([&] {
    usuarios::Usuario parsed;
    ASSERT_TRUE(Parse(text, &parsed).ok());
  });
  double library_parse = BestTime([&] {
    usuarios::Usuario parsed;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(text, &parsed).ok());
  });
  std::printf("print %.0f ns, library %.0f ns (%.1f times); parse %.0f ns, library %.0f ns (%.1f times)\n", print,
              library_print, library_print / print, parse, library_parse, library_parse / parse);
  EXPECT_GT(library_print, 2 * print);
  EXPECT_GT(library_parse, 4 * parse);
}

}  // namespace
}  // namespace tomada::json
